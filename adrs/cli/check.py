"""`adrs check`: whether a problem is sound, before any model is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option

if TYPE_CHECKING:
    from rich.table import Table

    from adrs.verify.checks import Verdict


@click.command()
@click.argument("problem")
@click.option("--quick", is_flag=True, help="Fewer workloads, and fewer attacks.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Evaluations at the same time.")
@sandbox_option
@runs_option
@json_option
def check(problem: str, quick: bool, workers: int | None, sandbox: str, where: str, as_json: bool) -> None:
    """Say whether PROBLEM is sound: a checklist with a reason per line.

    The verdict is kept in the archive, by the digest of the problem: scores of a problem that is not sound
    are marked so. The exit code is 1 where it is not.
    """
    import asyncio
    import os

    from adrs.archive.store import Archive
    from adrs.cli.console import leave, out, print_json, put
    from adrs.plugins import registry
    from adrs.plugins.problems import find_problem
    from adrs.verify.checks import check_problem
    from adrs.verify.kept import keep

    found = find_problem(problem)
    backend = registry.sandbox(sandbox)
    console = out(to_stderr=as_json)
    n_workers = workers or min(8, os.cpu_count() or 1)
    with console.status(f"checking {found.id} …"):
        verdict = asyncio.run(check_problem(found, backend, workers=n_workers, quick=quick))
    with Archive.open(where) as archive:
        keep(archive, verdict)
    if as_json:
        print_json(as_plain(verdict))
    else:
        put(console, _table(verdict))
        word = "sound" if verdict.sound else "not sound"
        console.print(f"{found.id} is {word}.", style="bold green" if verdict.sound else "bold red")
    if not verdict.sound:
        leave(1)


def as_plain(verdict: Verdict) -> dict[str, Any]:
    """Return the checklist as plain JSON."""
    from adrs.cli.attack import as_plain as attacks_as_plain

    return {
        "problem": verdict.problem.id,
        "problem_digest": verdict.problem.digest,
        "sound": verdict.sound,
        "quick": verdict.quick,
        "checks": list(verdict.findings),
        "facts": verdict.facts,
        "attacks": None if verdict.attacks is None else attacks_as_plain(verdict.attacks),
    }


def _table(verdict: Verdict) -> Table:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import safe

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in verdict.findings:
        mark = Text("ok", "green") if finding.ok else Text("NO", "bold red")
        table.add_row(mark, finding.name, safe(finding.reason, 600))
    return table
