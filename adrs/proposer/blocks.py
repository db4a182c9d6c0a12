"""The text form of search/replace blocks: how they are read out of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adrs.proposer.contract import Rejected

MAX_BLOCKS = 200
"""The most search/replace blocks of one answer."""
MAX_DIVIDERS = 8

FENCE = re.compile(r"^ {0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
"""A line that opens a fenced code block."""
PATH = re.compile(r"(?P<path>[\w.-]+(?:/[\w.-]+)*\.\w+)")
"""A file's path within a line."""
PATH_LINE = re.compile(
    r"^[#/*\s>-]*(?:file(?:name)?|path)?[:\s]*[`*\"']*(?P<path>[\w./-]+\.\w+)[`*\"':]*\s*$", re.IGNORECASE
)
"""A line that holds a file's path and nothing else but decoration."""

_SEARCH = re.compile(r"^\s*<{5,9} ?SEARCH\b[ \t:]*(?P<path>\S*)\s*$")
_DIVIDER = re.compile(r"^\s*={5,9}\s*$")
_REPLACE = re.compile(r"^\s*>{5,9} ?REPLACE\b\s*$")


@dataclass(frozen=True)
class Block:
    """One search/replace block: lines that are there, and lines to put in their place."""

    path: str | None
    lines: tuple[str, ...]
    """All lines between the first and the last marker."""
    dividers: tuple[int, ...]
    """Indices of `lines` that may divide SEARCH from REPLACE; more than one where the code itself
    holds a line of equals signs, such as a heading in a docstring."""

    def split(self, divider: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the SEARCH and the REPLACE lines for one of the dividers."""
        return self.lines[:divider], self.lines[divider + 1 :]


def opens_block(line: str) -> bool:
    """Whether a line opens a search/replace block."""
    return _SEARCH.match(line) is not None


def is_marker(line: str) -> bool:
    """Whether a line reads as one of the three markers."""
    return any(marker.match(line) for marker in (_SEARCH, _DIVIDER, _REPLACE))


def read_blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the search/replace blocks of an answer.

    Raises:
        Rejected: `truncated` (the last block has no end), `bad_edit` or `too_large`.
    """
    position, count = 0, 0
    ends = [i for i, line in enumerate(lines) if _REPLACE.match(line)]
    while position < len(lines):
        opened = _SEARCH.match(lines[position])
        if opened is None:
            position += 1
            continue
        count += 1
        if count > MAX_BLOCKS:
            raise Rejected("too_large", f"the answer holds more than {MAX_BLOCKS} search/replace blocks")
        ends = [end for end in ends if end > position] if ends and ends[0] <= position else ends
        if not ends:
            raise Rejected("truncated", f"search/replace block {count} has no '>>>>>>> REPLACE' line")
        inner = tuple(lines[position + 1 : ends[0]])
        yield Block(opened["path"] or _path_above(lines, position), inner, _dividers(inner, count))
        position = ends[0] + 1


def _dividers(inner: Sequence[str], count: int) -> tuple[int, ...]:
    if any(_SEARCH.match(line) for line in inner):
        raise Rejected("bad_edit", f"search/replace block {count} has no '>>>>>>> REPLACE' line")
    dividers = tuple(i for i, line in enumerate(inner) if _DIVIDER.match(line))
    if not dividers:
        raise Rejected("bad_edit", f"search/replace block {count} has no '=======' line")
    return dividers[:MAX_DIVIDERS]


def _path_above(lines: Sequence[str], position: int) -> str | None:
    """Return the file named on the line above a block, or above the fence that the block stands in."""
    above = position - 1
    if above >= 0 and (fence := FENCE.match(lines[above])):
        if (named := PATH.search(fence["info"])) is not None:
            return named["path"]
        above -= 1
    if above < 0:
        return None
    found = PATH_LINE.match(lines[above])
    return found["path"] if found else None
