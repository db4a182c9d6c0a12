"""`adrs attack`: cheating programs against a problem, and how each one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, sandbox_option

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from adrs.verify.suite import Report


@click.command()
@click.argument("problems", metavar="PROBLEM...", nargs=-1, required=True)
@click.option("--quick", is_flag=True, help="Leave out what runs into a time limit, and most variations.")
@click.option("--markdown", is_flag=True, help="Print the tables as a page of documentation.")
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Attacks at the same time.")
@sandbox_option
@json_option
def attack(
    problems: tuple[str, ...], quick: bool, markdown: bool, workers: int | None, sandbox: str, as_json: bool
) -> None:
    """Run every attack on each PROBLEM, and say how it ended.

    An attack is the honest initial program with a wrapper that cheats. It must be refused, fail, or score no
    better than the honest program. The exit code is 1 where one forged a score, saw what it must not see,
    left something behind, or (the problem's own attacks) got another verdict than its first line names.
    """
    import asyncio
    import os

    from adrs.cli.console import leave, out, print_json, put
    from adrs.plugins import registry
    from adrs.plugins.problems import find_problem
    from adrs.verify.suite import attack_problem

    found = [find_problem(problem) for problem in problems]
    backend = registry.sandbox(sandbox)
    n_workers = workers or min(8, os.cpu_count() or 1)
    console = out(to_stderr=as_json or markdown)
    reports = []
    for problem in found:
        with console.status(f"attacking {problem.id} …"):
            report = asyncio.run(attack_problem(problem, backend, workers=n_workers, quick=quick))
        reports.append(report)
        if not as_json and not markdown:
            put(console, _table(report), summary(report))
    if as_json:
        print_json([as_plain(report) for report in reports])
    elif markdown:
        from adrs.cli.attack_page import page

        click.echo(page(reports), nl=False)
    if any(report.unsound for report in reports):
        leave(1)


def as_plain(report: Report) -> dict[str, Any]:
    """Return all that attacks came to, as plain JSON."""
    return {
        "problem": report.problem.id,
        "problem_digest": report.problem.digest,
        "sandbox": report.sandbox,
        "quick": report.quick,
        "sound": not report.unsound,
        "endings": {ending: n for ending, n in tally(report).items() if n},
        "hacks": report.hacks(),
        "attacks": [
            {
                "name": verdict.attack.name,
                "title": verdict.attack.title,
                "own": verdict.attack.own,
                "hacks": list(verdict.attack.hacks),
                "gate": verdict.gate or None,
                "ending": verdict.ending,
                "kinds": list(verdict.kinds),
                "reason": verdict.reason,
                "value": verdict.value,
                "honest": verdict.honest,
            }
            for verdict in report.verdicts
        ],
    }


def tally(report: Report) -> dict[str, int]:
    """Return how many attacks ended in each way."""
    from adrs.verify.judge import Ending

    return {ending.value: report.count(ending) for ending in Ending}


def summary(report: Report) -> Text:
    """Say in one line how all attacks ended."""
    from rich.text import Text

    found = tally(report)
    bad = {name: found.pop(name) for name in ("FORGED", "LEAK", "SURVIVOR", "WRONG VERDICT")}
    fine = ", ".join(f"{n} {name}" for name, n in found.items() if n)
    words = ", ".join(
        f"{n} {name}"
        for name, n in zip(("forged", "leaks", "survivors", "wrong verdicts"), bad.values(), strict=True)
    )
    line = Text(f"{report.problem.id} in {report.sandbox}: {len(report.verdicts)} attacks; {fine}; ")
    return line.append(words + "\n", "bold red" if report.unsound else "bold green")


def _table(report: Report) -> Table:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import safe

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name in ("attack", "hacks", "gate", "ending"):
        table.add_column(name, no_wrap=True)
    table.add_column("why", overflow="ellipsis", no_wrap=True)
    for verdict in report.verdicts:
        style = "green" if verdict.ending.sound else "bold red"
        hacks = "own" if verdict.attack.own else " ".join(verdict.attack.hacks)
        ending = Text(verdict.ending.value, style)
        table.add_row(
            safe(verdict.attack.name, 30), hacks, verdict.gate or "passed", ending, safe(verdict.reason, 120)
        )
    return table
