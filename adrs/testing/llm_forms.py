"""The wire forms of the local model server: chat completions and responses, whole and streamed."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_CHUNK_CHARS = 200


@dataclass(frozen=True)
class Reply:
    """What is answered, before it has a form."""

    model: str
    text: str | None
    cut: bool
    """Whether the text ends early for want of tokens."""
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int

    def chunks(self) -> Iterator[str]:
        """Yield the text in parts."""
        text = self.text or ""
        for start in range(0, len(text), _CHUNK_CHARS):
            yield text[start : start + _CHUNK_CHARS]


class Form(ABC):
    """One API."""

    @abstractmethod
    def prompt(self, body: Mapping[str, Any]) -> str:
        """Return all text of a request, joined."""

    @abstractmethod
    def document(self, reply: Reply) -> dict[str, Any]:
        """Return the body of a whole answer."""

    @abstractmethod
    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield the server-sent events of a streamed answer."""


class Chat(Form):
    """`/v1/chat/completions`."""

    def prompt(self, body: Mapping[str, Any]) -> str:
        """Return all messages, joined."""
        return _joined(body.get("messages"))

    def document(self, reply: Reply) -> dict[str, Any]:
        """Return a chat completion."""
        message = {"role": "assistant", "content": reply.text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": _reason(reply), "logprobs": None}
        return {**self._head(reply, "chat.completion"), "choices": [choice], "usage": self._usage(reply)}

    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield chat completion chunks, the usage at the end where it was asked for."""
        head = self._head(reply, "chat.completion.chunk")
        for number, part in enumerate(reply.chunks()):
            delta = {"role": "assistant", "content": part} if number == 0 else {"content": part}
            yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _reason(reply)}]})
        options = body.get("stream_options")
        if isinstance(options, Mapping) and options.get("include_usage"):
            yield _event({**head, "choices": [], "usage": self._usage(reply)})
        yield "data: [DONE]\n\n"

    def _head(self, reply: Reply, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-adrs", "object": kind, "created": 0, "model": reply.model}

    def _usage(self, reply: Reply) -> dict[str, Any]:
        return {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.output_tokens,
            "total_tokens": reply.prompt_tokens + reply.output_tokens,
            "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }


class Responses(Form):
    """`/v1/responses`."""

    def prompt(self, body: Mapping[str, Any]) -> str:
        """Return the instructions and the input, joined."""
        given = body.get("input")
        text = given if isinstance(given, str) else _joined(given)
        return f"{body.get('instructions') or ''}\n{text}"

    def document(self, reply: Reply) -> dict[str, Any]:
        """Return a response."""
        part = {"type": "output_text", "text": reply.text or "", "annotations": [], "logprobs": []}
        message = {
            "type": "message",
            "id": "msg-adrs",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        usage = {
            "input_tokens": reply.prompt_tokens,
            "input_tokens_details": {"cached_tokens": reply.cached_tokens},
            "output_tokens": reply.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": reply.prompt_tokens + reply.output_tokens,
        }
        state: dict[str, Any] = {"status": "incomplete" if reply.cut else "completed"}
        if reply.cut:
            state["incomplete_details"] = {"reason": "max_output_tokens"}
        return {**self._head(reply), **state, "output": [message], "usage": usage}

    def events(self, reply: Reply, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield the events that carry the text, between the first and the last."""
        begun = {**self._head(reply), "status": "in_progress", "output": []}
        yield _named("response.created", 0, {"response": begun})
        number = 1
        place = {"item_id": "msg-adrs", "output_index": 0, "content_index": 0}
        for part in reply.chunks():
            yield _named("response.output_text.delta", number, {**place, "delta": part, "logprobs": []})
            number += 1
        last = "response.incomplete" if reply.cut else "response.completed"
        yield _named(last, number, {"response": self.document(reply)})

    def _head(self, reply: Reply) -> dict[str, Any]:
        fixed = {"parallel_tool_calls": False, "tool_choice": "none", "tools": []}
        return {"id": "resp-adrs", "object": "response", "created_at": 0, "model": reply.model, **fixed}


FORMS: Mapping[str, Form] = {"/v1/chat/completions": Chat(), "/v1/responses": Responses()}


def _reason(reply: Reply) -> str:
    return "length" if reply.cut else "stop"


def _joined(messages: object) -> str:
    if not isinstance(messages, list):
        return ""
    return "\n".join(_content(message.get("content")) for message in messages if isinstance(message, Mapping))


def _content(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _event(document: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(document)}\n\n"


def _named(name: str, number: int, fields: Mapping[str, Any]) -> str:
    return f"event: {name}\n" + _event({"type": name, "sequence_number": number, **fields})
