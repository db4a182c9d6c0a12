"""`adrs problems`: what can be evolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from adrs.model.problem import Problem


@click.command()
@json_option
def problems(as_json: bool) -> None:
    """List the problems that are here."""
    from adrs.cli.console import out, print_json
    from adrs.plugins.problems import list_problems

    found = sorted(list_problems(), key=lambda problem: problem.id)
    if as_json:
        print_json([as_plain(problem) for problem in found])
        return
    console = out()
    console.print(_table(found))
    console.print("Evolve one with: adrs run ID", style="dim")


def as_plain(problem: Problem) -> dict[str, Any]:
    """Return what a problem is about, as plain JSON."""
    spec = problem.spec
    return {
        "id": problem.id,
        "version": spec.problem.version,
        "family": spec.problem.family,
        "title": spec.problem.title,
        "summary": spec.problem.summary,
        "objectives": [objective.model_dump() for objective in spec.objective],
        "splits": spec.splits.model_dump(),
        "baselines": [baseline.model_dump() for baseline in spec.baseline],
        "digest": problem.digest,
        "folder": str(problem.folder),
    }


def _table(found: Sequence[Problem]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.wording import safe

    table = Table.grid(padding=(0, 3))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for problem in found:
        spec, primary = problem.spec, problem.primary
        splits = {name: n for name, n in spec.splits.model_dump(exclude={"stages"}).items() if n}
        baselines = ", ".join(safe(baseline.name, 60) for baseline in spec.baseline)
        about = Text(safe(spec.problem.title, 120))
        about.append(f"\n{primary.direction} {primary.name} ({safe(primary.unit, 40)})", "cyan")
        about.append(f" · {safe(spec.problem.family)} · ", "dim")
        about.append(" · ".join(f"{name} {n}" for name, n in splits.items()), "dim")
        about.append(f"\nbaselines: {baselines or 'none'}\n", "dim")
        table.add_row(safe(problem.id), about)
    return table
