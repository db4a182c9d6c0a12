"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def runs_option(command: _Command) -> _Command:
    """Add `--runs`: where runs are kept."""
    return click.option(
        "--runs",
        "where",
        metavar="DIR",
        default="runs",
        envvar="ADRS_RUNS",
        show_default=True,
        show_envvar=True,
        help="Where runs are kept: a folder, or the URL of an archive.",
    )(command)


def json_option(command: _Command) -> _Command:
    """Add `--json`: plain JSON on standard output, and nothing else there."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print plain JSON on standard output, and nothing else there."
    )(command)


def sandbox_option(command: _Command) -> _Command:
    """Add `--sandbox`."""
    return click.option(
        "--sandbox",
        metavar="NAME",
        default="auto",
        show_default=True,
        help="What confines candidates: auto (the strongest that works here), bubblewrap, docker, "
        "process, or none.",
    )(command)
