"""Where output goes: text for people, JSON for programs, and never both on one stream."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any, NoReturn

from click.exceptions import Exit
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the caller see that the reader went away; rich would end the process here."""
        raise


_FILE_WIDTH = 110
"""Columns of tables that are written to a file or a pipe."""


def out(*, to_stderr: bool = False) -> Console:
    """Return the console for people. It reads no markup: what is printed may be hostile."""
    console = _Console(stderr=to_stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _FILE_WIDTH
    return console


def put(console: Console, *parts: RenderableType) -> None:
    """Print parts one below the other; outside of a terminal no line of text is broken."""
    for part in parts:
        if isinstance(part, Source) and not console.is_terminal:
            part = Text(part.text)
        console.print(part, soft_wrap=isinstance(part, Text) and not console.is_terminal)


@dataclass(frozen=True)
class Source:
    """Code or a diff: coloured and wrapped on a terminal, as it is anywhere else."""

    text: str
    """Already safe to print."""
    language: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Colour it in sixteen colours of the terminal's own choosing, readable on any ground."""
        from rich.syntax import Syntax

        syntax = Syntax(self.text, self.language, theme="ansi_dark", background_color="default")
        coloured = syntax.highlight(self.text)
        coloured.rstrip()
        coloured.no_wrap, coloured.overflow = False, "fold"  # rich would cut a long line off
        yield coloured


def errors() -> Console:
    """Return the console of error messages and warnings."""
    return out(to_stderr=True)


def leave(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise Exit(code)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output: stable keys, UTF-8, nothing else beside it.

    A number that JSON does not have (an infinity, not-a-number) becomes null.
    """
    text = json.dumps(plain(value), indent=2, ensure_ascii=True, allow_nan=False)
    sys.stdout.write(text + "\n")


def plain(value: Any) -> Any:
    """Return a value as plain JSON: frozen values as objects, tuples as lists, non-finite numbers as null."""
    import dataclasses
    import enum
    import math
    from collections.abc import Mapping
    from pathlib import Path

    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
