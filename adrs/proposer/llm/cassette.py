"""Recorded answers of models, found by the content of what was asked.

A cassette is a file of JSON lines. The first is the head; every line with `call` is one answer, under the
SHA-256 of its model and messages. Prompts are not in it, and neither is anything of a key: what a replayed
run asks is built again, and must be the same to the last character. Other lines are the run's
(`adrs.run.cassette`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adrs.errors import DataError
from adrs.model.call import ModelCall
from adrs.proposer.contract import Ledger

VERSION = 1
"""The form of cassettes that this adrs reads and writes."""

Line = Mapping[str, Any]


def address(model: str, messages: Sequence[Mapping[str, str]]) -> str:
    """Return what a call is found by: SHA-256 of its model and messages, as 64 hexadecimal digits."""
    asked = json.dumps([model, list(messages)], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode()).hexdigest()


def call_line(call: ModelCall) -> Line:
    """Return a call as a line of a cassette; `Recorded` reads it back."""
    request = json.loads(call.request)
    options = {name: value for name, value in request.items() if name != "messages"}
    return {
        "call": address(call.model, request["messages"]),
        "model": call.model,
        "role": call.role,
        "options": options,
        "answer": call.answer,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost_usd": call.cost_usd,
        "usage": call.usage,
    }


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write a cassette whole, or leave what is there as it is.

    Raises:
        DataError: it cannot be written.
    """
    text = "".join(json.dumps(line, sort_keys=True, ensure_ascii=True) + "\n" for line in lines)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise DataError(f"The cassette {str(path)!r} cannot be written: {error.strerror}.") from None


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a cassette, its head first.

    Raises:
        DataError: there is no such file, it is no cassette, or a newer adrs wrote it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                yield _line(path, number, text)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataError(f"The cassette {str(path)!r} cannot be read: {why}.") from None


def _line(path: Path, number: int, text: str) -> Line:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        raise DataError(f"{str(path)!r} is no cassette: line {number} is no JSON object.")
    if number == 1 and line.get("cassette") != VERSION:
        raise DataError(
            f"{str(path)!r} is no cassette that this adrs can read: it must begin with a line that says "
            f'"cassette": {VERSION}; record one with adrs run PROBLEM --model M --record FILE.'
        )
    return line


class Recorded:
    """The answers of a cassette."""

    def __init__(self, lines: Iterable[Line], where: str) -> None:
        """Keep every answer by its address; of several to the same question each is given in turn.

        Raises:
            DataError: a call lacks a field.
        """
        self._where = where
        self._answers: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if "call" in line:
                self._answers[str(line["call"])].append(line)

    @classmethod
    def open(cls, path: Path) -> Recorded:
        """Read a cassette.

        Raises:
            DataError: there is no such file, it is no cassette, or a newer adrs wrote it.
        """
        return cls(read(path), str(path))

    def call(
        self, model: str, messages: Sequence[Mapping[str, str]], role: str, *, at_us: tuple[int, int]
    ) -> ModelCall:
        """Return the recorded call.

        Args:
            model: the model's name, as the user wrote it.
            messages: what it is asked.
            role: what the call is for.
            at_us: when the call began and ended.

        Raises:
            DataError: the cassette holds no answer to this.
        """
        found = self._answers.get(address(model, messages))
        if not found:
            raise DataError(
                f"The cassette {self._where!r} holds no answer to this {role} request to {model!r}: the "
                "problem, the prompt templates, the search or the options differ from those that it was "
                "recorded with; record it again."
            )
        line = found.pop(0) if len(found) > 1 else found[0]
        try:
            return _call(line, messages, role, at_us)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"A call in the cassette {self._where!r} is damaged: {error}.") from None


class RecordedModel:
    """A model whose answers are all recorded: nothing is sent, and no key is needed."""

    def __init__(self, model: str, recorded: Recorded) -> None:
        """Keep the model's name as it was asked by, and the answers."""
        self._model = model
        self._recorded = recorded

    async def ask(
        self,
        messages: Sequence[Mapping[str, str]],
        role: str,
        ledger: Ledger,
        *,
        budget: float | None,
        effort: str | None = None,
    ) -> str:
        """Return the recorded answer; it is in the ledger by then, at the price that was paid for it.

        Raises:
            DataError: the cassette holds no answer to this.
        """
        now = time.time_ns() // 1000
        call = self._recorded.call(self._model, messages, role, at_us=(now, now))
        ledger.reserve(0.0)
        ledger.settle(0.0, call)
        return call.answer

    async def close(self) -> None:
        """Nothing is open."""


def _call(line: Line, messages: Sequence[Mapping[str, str]], role: str, at_us: tuple[int, int]) -> ModelCall:
    request = {**line["options"], "messages": list(messages)}
    cost_usd = line["cost_usd"]
    return ModelCall(
        model=str(line["model"]),
        role=role,
        request=json.dumps(request, sort_keys=True, ensure_ascii=False, separators=(",", ":")),
        answer=str(line["answer"]),
        input_tokens=int(line["input_tokens"]),
        output_tokens=int(line["output_tokens"]),
        cost_usd=None if cost_usd is None else float(cost_usd),
        usage=dict(line["usage"]),
        started_us=at_us[0],
        ended_us=at_us[1],
    )
