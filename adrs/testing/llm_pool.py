"""Answers made beforehand, so that a model server costs nothing while something else is measured.

A pool is a file of JSON lines, each `{"program": TEXT}` or `{"answer": TEXT}`. A program is answered whole in
a fence, or as search/replace blocks where the prompt asks for those; an answer is given as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adrs.errors import DataError, ProblemError
from adrs.model.problem import Problem
from adrs.plugins.problems import initial_program
from adrs.proposer.syntax.work import propose_source
from adrs.testing.llm_answers import find_program, in_form

_TRIES = 20


@dataclass(frozen=True)
class Pooled:
    """One answer of a pool."""

    text: str
    is_program: bool
    """Whether it is a program, to be put into the form that a prompt asks for."""

    def answer(self, prompt: str) -> str:
        """Return it as an answer to a prompt."""
        if not self.is_program:
            return self.text
        return in_form(prompt, find_program(prompt), self.text, "Try this.")


def read_pool(path: Path) -> tuple[Pooled, ...]:
    """Read a pool.

    Raises:
        DataError: there is no such file, it is empty, or a line is neither a program nor an answer.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DataError(f"The pool {str(path)!r} cannot be read: {why}.") from None
    pool = tuple(_pooled(path, number, line) for number, line in enumerate(lines, 1) if line.strip())
    if not pool:
        raise DataError(f"The pool {str(path)!r} is empty; make one with adrs testing edits PROBLEM.")
    return pool


def write_pool(path: Path, programs: Iterable[str]) -> None:
    """Write programs as a pool.

    Raises:
        DataError: the file cannot be written.
    """
    text = "".join(json.dumps({"program": program}) + "\n" for program in programs)
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise DataError(f"The pool {str(path)!r} cannot be written: {error.strerror}.") from None


def edits_of(problem: Problem, count: int, *, seed: int = 0, depth: int = 1) -> Iterator[str]:
    """Yield different programs, each some syntax edits away from a problem's initial program.

    Args:
        problem: whose entry file is edited.
        count: how many.
        seed: decides which.
        depth: edits in a row, each of what the one before it made.

    Raises:
        ProblemError: there are not as many different ones to be found.
    """
    path, program = problem.entry_file, initial_program(problem)
    interface = problem.file("interface.py")
    helpers = interface.read_text("utf-8") if interface.is_file() else ""
    seen = {program.text(path)}
    for number in range(count):
        for attempt in range(_TRIES):
            text = program.text(path)
            for step in range(depth):
                place = ((seed * 1_000_003 + number) * _TRIES + attempt) * 64 + step
                made = propose_source(
                    files={path: text}, editable=[path], interface=helpers, donors=[], seed=place
                )
                text = str(made.get("text", text))
            if text not in seen:
                break
        else:
            raise ProblemError(
                f"Only {number} different edits of {problem.id!r} were found, not {count}; ask for fewer, or "
                "for more edits in a row with --depth."
            )
        seen.add(text)
        yield text


def _pooled(path: Path, number: int, line: str) -> Pooled:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    for name in ("program", "answer"):
        if isinstance(entry, dict) and isinstance(entry.get(name), str):
            return Pooled(entry[name], name == "program")
    raise DataError(
        f'The pool {str(path)!r}, line {number}, is neither {{"program": TEXT}} nor {{"answer": TEXT}}.'
    )
