"""Which part of a program may change: the regions between EVOLVE-BLOCK markers, and the lock on the rest.

A marker is a comment that stands alone on its line, in any comment syntax:

    # EVOLVE-BLOCK-START
    ...                     editable
    # EVOLVE-BLOCK-END

The lines between two markers are editable; the marker lines and all else are locked, byte for byte. A file
without markers is editable as a whole. Only text is looked at, nothing is parsed, so any language will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adrs.errors import ProgramError
from adrs.model.program import Program
from adrs.proposer.contract import Rejected

START = "EVOLVE-BLOCK-START"
END = "EVOLVE-BLOCK-END"

_MARKER = re.compile(
    r"^[ \t]*(?:\#+|//+|--+|;+|%+|!+|/\*+|<!--|\(\*|\{-|\"|'|\*|REM\b|dnl\b)[ \t]*"
    r"EVOLVE-BLOCK-(START|END)\b[^\n]*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Region:
    """A part of a file that may change, from `start` up to and without `end` (characters from 0)."""

    start: int
    end: int
    first_line: int
    """The first editable line, counted from 1."""
    last_line: int
    """The last editable line; `first_line - 1` where the region is empty."""

    def holds(self, start: int, end: int) -> bool:
        """Whether the characters from `start` up to `end` lie in the region."""
        return self.start <= start and end <= self.end

    def bytes_in(self, text: str) -> tuple[int, int]:
        """Return the region's span in the UTF-8 bytes of its file's text."""
        before = len(text[: self.start].encode())
        return before, before + len(text[self.start : self.end].encode())


def regions(text: str) -> tuple[Region, ...]:
    """Return the editable regions of a file in their order: the whole file where there are no markers.

    Raises:
        ProgramError: markers are nested, or one has no counterpart.
    """
    found = []
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(text):
        line = text.count("\n", 0, marker.start()) + 1
        if marker[1] == "START":
            if opened is not None:
                first = text.count("\n", 0, opened.start()) + 1
                raise ProgramError(
                    f"Line {line} holds {START} inside the block that line {first} opened; blocks cannot be "
                    f"nested: close the first one with {END}."
                )
            opened = marker
        elif opened is None:
            raise ProgramError(f"Line {line} holds {END} without {START} before it; add one, or remove it.")
        else:
            found.append(_between(text, opened.end() + 1, marker.start()))
            opened = None
    if opened is not None:
        line = text.count("\n", 0, opened.start()) + 1
        raise ProgramError(f"Line {line} holds {START}, but no {END} follows; add one where the block ends.")
    return tuple(found) or (_between(text, 0, len(text)),)


def _between(text: str, start: int, end: int) -> Region:
    first = text.count("\n", 0, start) + 1
    count = text.count("\n", start, end) + (end > start and text[end - 1] != "\n")
    return Region(start, end, first, first + count - 1)


def locked(text: str) -> tuple[str, ...]:
    """Return the parts of a file that must not change, marker lines among them, around its regions.

    Raises:
        ProgramError: the markers are not balanced.
    """
    parts, position = [], 0
    for region in regions(text):
        parts.append(text[position : region.start])
        position = region.end
    return (*parts, text[position:])


def locked_outside(original: str, edited: str) -> bool:
    """Whether an edited file equals the original byte for byte outside of the original's editable regions.

    Markers that were added, removed or moved count as a change.

    Raises:
        ProgramError: the markers of the original are not balanced.
    """
    kept = locked(original)
    try:
        return locked(edited) == kept and bool(_MARKER.search(original)) == bool(_MARKER.search(edited))
    except ProgramError:
        return False


def require_inside(original: Program, edited: Program, editable: Iterable[str]) -> None:
    """Refuse a program that differs from the original outside of its editable regions.

    Args:
        original: the program whose markers count, as a rule the parent or the initial program.
        edited: the program that was proposed.
        editable: names of the files that may change.

    Raises:
        Rejected: `outside`, with the file and the first line that differs.
    """
    before, after = dict(original.files), dict(edited.files)
    allowed = set(editable)
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            raise Rejected("outside", f"the file {name} is missing")
        if name not in before:
            raise Rejected("outside", f"the file {name} is new; only files of the program may change")
        if before[name] == after[name]:
            continue
        if name not in allowed:
            raise Rejected("outside", f"{name} may not change")
        if not locked_outside(before[name], after[name]):
            raise Rejected(
                "outside", f"{name} differs outside of its editable region{_where(before[name], after[name])}"
            )


def _where(original: str, edited: str) -> str:
    """Say which locked line is gone, as far as one can be named."""
    lines = set(edited.split("\n"))
    editable = {n for r in regions(original) for n in range(r.first_line, r.last_line + 1)}
    for number, line in enumerate(original.split("\n"), 1):
        if number not in editable and line not in lines:
            return f": line {number}, {line.strip()[:80]!r}, is changed or gone"
    return ""
