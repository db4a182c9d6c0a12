"""Finds the lines of a SEARCH part in a file: exactly, then with more and more tolerance for white space.

Every step takes time linear in the file, so that a hostile answer cannot hold up the loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

_MAX_FOUND = 50
_MAX_SHOWN_LINES = 12


@dataclass(frozen=True)
class Span:
    """Lines `start` up to and without `end` of a file (from 0), found for a SEARCH part."""

    start: int
    end: int
    added: str = ""
    """Indentation that the file has and the SEARCH part lacks."""
    removed: int = 0
    """Characters of indentation that the SEARCH part has and the file lacks."""

    def indented(self, lines: Sequence[str]) -> list[str]:
        """Return a replacement's lines with the indentation that the file has at this place."""
        return [self._indent(line) for line in lines]

    def _indent(self, line: str) -> str:
        if not line.strip():
            return line
        leading = len(line) - len(line.lstrip())
        return self.added + line[min(leading, self.removed) :]


def find(lines: Sequence[str], search: Sequence[str]) -> list[Span]:
    """Return every place where the searched lines stand, by the strictest rule that finds any.

    The rules: the same lines; the same but for white space at their ends and for blank lines around;
    the same but for one indentation throughout; the same but for one indentation and the amount of white
    space within lines.
    """
    first = next((i for i, line in enumerate(search) if line.strip()), None)
    if first is None:
        return []
    exact = [Span(at, at + len(search)) for at in _places(lines, search, str)]
    if exact:
        return exact
    last = max(i for i, line in enumerate(search) if line.strip())
    search = search[first : last + 1]
    trailing = [Span(at, at + len(search)) for at in _places(lines, search, str.rstrip)]
    if trailing:
        return trailing
    for key in (str.strip, _collapse):
        moved = [_shift(lines, search, at) for at in _places(lines, search, key)]
        if spans := [span for span in moved if span is not None]:
            return spans
    return []


def _collapse(line: str) -> str:
    return " ".join(line.split())


def _places(lines: Sequence[str], search: Sequence[str], key: Callable[[str], str]) -> list[int]:
    """Return the indices where `search` stands in `lines` under a key; by `str.find`, which is linear."""
    text = "\n" + "\n".join(key(line) for line in lines) + "\n"
    wanted = "\n" + "\n".join(key(line) for line in search) + "\n"
    found: list[int] = []
    line, counted = 0, 0
    at = text.find(wanted)
    while at >= 0 and len(found) < _MAX_FOUND:
        line += text.count("\n", counted, at)
        counted = at
        found.append(line)
        at = text.find(wanted, at + 1)
    return found


def _shift(lines: Sequence[str], search: Sequence[str], at: int) -> Span | None:
    """Return the span with the indentation that all lines differ by; None where they differ by several."""
    shifts = set()
    added = ""
    for mine, theirs in zip(lines[at : at + len(search)], search, strict=True):
        if not theirs.strip():
            continue
        here, there = len(mine) - len(mine.lstrip()), len(theirs) - len(theirs.lstrip())
        shifts.add(here - there)
        added = mine[: max(0, here - there)]
    if len(shifts) != 1:
        return None
    return Span(at, at + len(search), added, max(0, -shifts.pop()))


def nearest(text: str, search: Sequence[str]) -> str:
    """Say on one line which lines of a text share most words with the searched ones."""
    lines = text.split("\n")
    wanted = set(re.findall(r"\w+", " ".join(search)))
    size = min(len(search), _MAX_SHOWN_LINES, len(lines))
    common = [len(wanted.intersection(re.findall(r"\w+", line))) for line in lines]
    sums = [0, *accumulate(common)]
    scores = [sums[i + size] - sums[i] for i in range(len(lines) - size + 1)]
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] == 0:
        return "no line of the file is like it"
    window = "\n".join(line[:160] for line in lines[best : best + size])
    return f"the nearest lines are {best + 1} to {best + size}: {window[:800]!r}"
