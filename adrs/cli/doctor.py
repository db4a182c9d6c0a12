"""`adrs doctor`: what works on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from rich.console import RenderableType

EXTRAS = {"litellm": "models of every provider"}
"""Extras of adrs, and what each is for."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    """`note` is worth knowing, `bad` keeps something necessary from working."""
    text: str


@click.command()
@click.option("--model", metavar="M", help="Also make one cheap call to this model, and print its price.")
@runs_option
@json_option
def doctor(model: str | None, where: str, as_json: bool) -> None:
    """Check this machine: Python, sandboxes and what each guarantees here, the archive, what is installed."""
    from adrs.cli.console import leave, out, print_json

    found = [_python(), *_sandboxes(), *_archive(where), *_extras()]
    if model is not None:
        from adrs.cli.model_check import check_model

        found += check_model(model)
    if as_json:
        print_json(found)
    else:
        out().print(_picture(found))
    if any(finding.state == "bad" for finding in found):
        leave(1)


def _python() -> Finding:
    import os
    import platform

    from adrs import __version__

    host = f"{platform.system()} {platform.release()} on {platform.machine()}, {os.cpu_count()} cores"
    return Finding("adrs", "ok", f"{__version__}, Python {platform.python_version()}, {host}")


def _sandboxes() -> Iterator[Finding]:
    from adrs.errors import SandboxUnavailable
    from adrs.sandbox.registry import back_ends

    works = False
    for sandbox in back_ends():
        try:
            sandbox.check()
        except SandboxUnavailable as error:
            yield Finding(f"sandbox {sandbox.name}", "note", f"does not work here: {error}")
            continue
        chosen = "works" if works else "works; --sandbox auto takes it"
        works = True
        yield Finding(f"sandbox {sandbox.name}", "ok", chosen)
        for guarantee in sandbox.guarantees():
            state: Literal["ok", "note"] = "ok" if guarantee.held else "note"
            held = "held" if guarantee.held else "not held"
            yield Finding(f"  {guarantee.name}", state, f"{held}: {guarantee.how}")
    if not works:
        yield Finding("sandbox", "bad", "none works here, so candidates can only run with --sandbox none")


def _archive(where: str) -> Iterator[Finding]:
    import shutil
    from pathlib import Path

    from adrs.archive.store import Archive
    from adrs.cli.wording import count, size
    from adrs.errors import ArchiveError

    is_url = "://" in where
    if not is_url and not Path(where).exists():
        yield Finding("archive", "ok", f"none at {where} yet; the first run makes it")
    else:
        try:
            with Archive.open(where) as archive:
                n_runs = len(archive.runs(limit=100_000))
        except ArchiveError as error:
            yield Finding("archive", "bad", str(error))
        else:
            yield Finding("archive", "ok", f"{where}: {count(n_runs, 'run')}")
    if not is_url:
        here = next(p for p in (Path(where).absolute(), *Path(where).absolute().parents) if p.exists())
        free = shutil.disk_usage(here).free
        yield Finding("disk", "ok" if free > 1 << 30 else "note", f"{size(free)} free at {here}")


def _extras() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    for name, purpose in EXTRAS.items():
        try:
            yield Finding(name, "ok", f"{version(name)} ({purpose})")
        except PackageNotFoundError:
            yield Finding(name, "note", f"not installed ({purpose}); pip install 'adrs[{name}]'")


def _picture(found: list[Finding]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import safe

    marks = {"ok": Text("ok", "green"), "note": Text("note", "yellow"), "bad": Text("bad", "bold red")}
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found:
        table.add_row(marks[finding.state], safe(finding.what, 60), safe(finding.text, 600))
    return table
