"""The faults that the local model server shows on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FAULTS: Mapping[str, str] = {
    "ok": "a valid edit",
    "429": "too many requests, with Retry-After",
    "500": "an internal error",
    "503": "overloaded",
    "401": "a key that is not accepted",
    "404": "a model that does not exist",
    "quota": "429 with insufficient_quota",
    "unknown_parameter": "400 that names an option of the request",
    "too_long": "400 with context_length_exceeded",
    "truncated": "an answer that ends in the middle, finish_reason length",
    "garbage": "an answer of nonsense",
    "empty": "an answer of no text",
    "null": "an answer whose content is null",
    "refusal": "an answer that declines",
    "bad_edit": "search/replace whose SEARCH is nowhere in the program",
    "wrong_format": "JSON that is no chat completion",
    "html": "an HTML page with status 200",
    "cut": "JSON that ends in the middle",
    "dead": "the connection is reset",
}
OPTIONAL = ("temperature", "max_tokens", "max_completion_tokens", "reasoning_effort", "top_p")

REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "429": (429, "Rate limit reached; please slow down.", "rate_limit_exceeded"),
    "500": (500, "The server had an error while processing your request.", "server_error"),
    "503": (503, "The engine is currently overloaded.", "overloaded"),
    "404": (404, "The model does not exist or you do not have access to it.", "model_not_found"),
    "quota": (429, "You exceeded your current quota, please check your plan.", "insufficient_quota"),
    "too_long": (400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
}
"""Faults that are a status and an error document: status, message, code."""

BODIES: Mapping[str, tuple[str, bytes]] = {
    "wrong_format": ("application/json", b'{"result": "hello"}'),
    "html": ("text/html", b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"),
    "cut": ("application/json", b'{"id": "chatcmpl-adrs", "choices": [{"index": 0, "mess'),
}
"""Faults that are a body with status 200."""

TEXTS: Mapping[str, str | None] = {
    "garbage": "%%% qw\u0007\u202e eifj ((( \x1b[31m 0xDEAD ]]] lorem ipsum def def class :",
    "empty": "",
    "null": None,
    "refusal": "I'm sorry, but I can't help with that.",
    "bad_edit": "Try this.\n\n<<<<<<< SEARCH\nno such line = 12345\n=======\nx = 1\n>>>>>>> REPLACE\n",
}
"""Faults that are an answer in form, with this text."""


@dataclass(frozen=True)
class Settings:
    """How the server behaves."""

    latency_s: float = 0.0
    """How long every answer takes."""
    retry_after_s: float = 0.05
    key: str | None = None
    """The only key that is accepted; None takes any, and none."""
    rejects: tuple[str, ...] = ()
    """Options that are answered with 400, as servers do that do not know them."""
    script: tuple[str, ...] = ()
    """Faults of the first requests, in their order."""
    then: str = "ok"
    """The fault of requests after the script."""
    every: int = 1
    """`then` holds for every n-th request after the script; the others are ok."""
    models: tuple[str, ...] = ("adrs-local",)
    seed: int = 0
    sample: bool = False
    """Whether a prompt that comes again is answered differently, as a model does at a temperature above 0."""

    def __post_init__(self) -> None:
        """Refuse faults that are not known."""
        unknown = {self.then, *self.script} - FAULTS.keys()
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}; there are: {', '.join(FAULTS)}")

    def fault(self, number: int) -> str:
        """Return what befalls a request, counted from 0."""
        if number < len(self.script):
            return self.script[number]
        return self.then if (number - len(self.script) + 1) % self.every == 0 else "ok"

    def rejected(self, fault: str, body: Mapping[str, Any]) -> str | None:
        """Return the option of a request that is answered with 400, or None."""
        unknown = [name for name in self.rejects if name in body]
        if fault == "unknown_parameter":
            unknown += [*(name for name in OPTIONAL if name in body), "temperature"]
        return unknown[0] if unknown else None


def error(message: str, code: str, param: str | None = None) -> dict[str, Any]:
    """Return an error document as OpenAI writes it."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}
