"""Programs and their differences, as they are shown."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from adrs.cli.console import Source
from adrs.cli.wording import count, safe

if TYPE_CHECKING:
    from adrs.model.program import Program

_SHOWN = 1 << 20


def unified(before: Program, after: Program, before_name: str, after_name: str) -> str:
    """Return the unified diff of two programs over all of their files; empty where they are the same."""
    old, new = dict(before.files), dict(after.files)
    pieces: list[str] = []
    for path in sorted(old.keys() | new.keys()):
        pieces += difflib.unified_diff(
            old.get(path, "").splitlines(keepends=True),
            new.get(path, "").splitlines(keepends=True),
            f"{path} ({before_name})",
            f"{path} ({after_name})",
        )
    return "".join(pieces)


def shown(diff: str, *, most: int | None = None, more: str = "") -> list[RenderableType]:
    """Return a diff for people.

    Args:
        diff: as `unified` returns it.
        most: lines that are shown; None shows all.
        more: what to type to see the lines that are not shown.
    """
    lines = safe(diff, _SHOWN, lines=True).rstrip("\n").split("\n")
    left = 0 if most is None else max(0, len(lines) - most)
    parts: list[RenderableType] = [Source("\n".join(lines[: len(lines) - left]), "diff")]
    if left:
        parts.append(Text(f"… {count(left, 'more line')}; see all with: {more}", "dim"))
    return parts


def code(program: Program) -> list[RenderableType]:
    """Return a program's text for people; with more than one file each is named."""
    parts: list[RenderableType] = []
    for path, text in program.files:
        if len(program.files) > 1:
            parts.append(Text(f"# {safe(path)}", "bold"))
        parts.append(Source(safe(text, _SHOWN, lines=True).rstrip("\n"), "python"))
    return parts


def raw(program: Program) -> str:
    """Return a program's exact text, for a file or a pipe; with more than one file each is named."""
    if len(program.files) == 1:
        return program.files[0][1]
    return "".join(f"# ---- {path}\n{text}" for path, text in program.files)
