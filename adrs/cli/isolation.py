"""What a full check of a sandbox found, as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.wording import count, safe
from adrs.verify.isolation import Verdict

if TYPE_CHECKING:
    from adrs.verify.isolation import Check, Finding

_STYLES = {
    Verdict.HELD: "green",
    Verdict.BROKEN: "bold red",
    Verdict.OPEN: "yellow",
    Verdict.LEFT_OUT: "dim",
}


def as_plain(found: Check) -> dict[str, Any]:
    """Return everything as plain data."""
    return {
        "sandbox": found.sandbox,
        "passed": found.passed,
        "digest": found.digest,
        "guarantees": found.guarantees,
        "probes": found.findings,
    }


def picture(found: Check, *, every: bool) -> Iterator[RenderableType]:
    """Yield what the back-end guarantees, what probes came to, and the verdict."""
    yield _guarantees(found)
    shown = [one for one in found.findings if every or one.verdict is not Verdict.HELD]
    if shown:
        yield Text("\nProbes" if every else "\nProbes that were not held", "bold")
        yield _probes(shown)
    yield Text()
    yield _verdict(found)


def _guarantees(found: Check) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("guarantee", no_wrap=True)
    rows.add_column("here", no_wrap=True)
    rows.add_column("probes held", justify="right", no_wrap=True)
    rows.add_column("how", overflow="fold")
    for one in found.guarantees:
        short = one.held < one.probed
        tally = Text(f"{one.held} of {one.probed}" if one.probed else "-")
        tally.stylize(("bold red" if one.declared else "yellow") if short else "")
        declared = Text("yes", "green") if one.declared else Text("no", "yellow")
        rows.add_row(safe(one.name, 60), declared, tally, safe(one.how, 200))
    return rows


def _probes(shown: list[Finding]) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("probe", no_wrap=True)
    rows.add_column("verdict", no_wrap=True)
    rows.add_column("what it tries, and what came of it", overflow="fold")
    for one in shown:
        said = Text(one.tries)
        if one.reason:
            wanted = f"{one.found} instead of {one.expected}: " if one.found else ""
            said.append(f"\n{wanted}{safe(one.reason, 300)}", "dim")
        rows.add_row(one.probe, Text(one.verdict.value, _STYLES[one.verdict]), said)
    return rows


def _verdict(found: Check) -> Text:
    broken, still_open, left_out = map(found.count, (Verdict.BROKEN, Verdict.OPEN, Verdict.LEFT_OUT))
    text = Text(f"{found.count(Verdict.HELD)} of {count(len(found.findings), 'probe')} held")
    if still_open:
        text.append(f"; {still_open} got through where {found.sandbox!r} promises nothing", "yellow")
    if left_out:
        text.append(f"; {left_out} left out, without private scratch", "dim")
    if broken:
        text.append(f"; {broken} got through a guarantee", "bold red")
        return text.append(
            f"\nThe sandbox {found.sandbox!r} does not hold what it promises on this host.", "bold red"
        )
    promises = f"The sandbox {found.sandbox!r} holds all that it promises on this host."
    return text.append(f"\n{promises}", "bold" if still_open else "bold green")
