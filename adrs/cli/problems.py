"""`adrs problems`: what can be evolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from adrs.model.problem import Problem
    from adrs.verify.noise import Sight


@click.command()
@runs_option
@json_option
def problems(where: str, as_json: bool) -> None:
    """List the problems that are here; those that `adrs check` found not sound are marked."""
    from adrs.cli.console import out, print_json
    from adrs.cli.sight import sight_in
    from adrs.cli.soundness import found_unsound
    from adrs.plugins.problems import list_problems

    found = sorted(list_problems(), key=lambda problem: problem.id)
    marks, seen = found_unsound(where, found), sight_in(where, found)
    if as_json:
        known = {one.id: {"unsound": marks.get(one.id), "sight": seen.get(one.id)} for one in found}
        print_json([as_plain(problem) | known[problem.id] for problem in found])
        return
    console = out()
    console.print(_table(found, marks, seen))
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


def _table(found: Sequence[Problem], marks: Mapping[str, str], seen: Mapping[str, Sight]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from adrs.cli.sight import in_words
    from adrs.cli.soundness import warning
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
        if problem.id in seen:
            about.append(f"{in_words(seen[problem.id])}\n", "dim")
        if problem.id in marks:
            about.append_text(warning(marks[problem.id])).append("\n")
        table.add_row(safe(problem.id), about)
    return table
