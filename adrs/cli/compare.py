"""`adrs compare`: strategies against each other and against the controls, at the same budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from adrs.archive.store import Archive
    from adrs.compare.plan import Plan
    from adrs.compare.report import Report

INTERRUPTED_EXIT = 130


@click.command()
@click.argument("problems", metavar="PROBLEM...", nargs=-1, required=True)
@click.option(
    "--strategies",
    metavar="A,B,C",
    default="map_elites,pareto,adaptive",
    show_default=True,
    help="What is compared; the first is the candidate that the primary test is about.",
)
@click.option("--against", metavar="ARM", help="What the candidate is tested against.  [default: best_of_n]")
@click.option(
    "--seeds", type=int, default=10, show_default=True, metavar="N", help="Runs per arm and problem."
)
@click.option(
    "--other-seeds",
    type=int,
    metavar="N",
    help="Runs per problem of each arm that the primary test is not about.  [default: as --seeds]",
)
@click.option("--trials", type=int, default=100, show_default=True, metavar="T", help="Trials of each run.")
@click.option(
    "--workers",
    type=int,
    metavar="N",
    help="Evaluations at the same time.  [default: one per core, at most 8]",
)
@sandbox_option
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set any other key of every run, such as proposer.options.paired=0.2. May be repeated.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("compare"),
    show_default=True,
    metavar="DIR",
    help="Where the plan, the table, the plots and the JSON are written.",
)
@click.option("--report-only", is_flag=True, help="Run nothing: report what is there.")
@runs_option
@json_option
def compare(
    problems: tuple[str, ...],
    strategies: str,
    against: str | None,
    seeds: int,
    other_seeds: int | None,
    trials: int,
    workers: int | None,
    sandbox: str,
    overrides: tuple[str, ...],
    out: Path,
    report_only: bool,
    where: str,
    as_json: bool,
) -> None:
    """Compare strategies on every PROBLEM, always beside the controls, at the same number of trials.

    Controls: best-of-N of matched depth, hill climbing, and a tuner of the constants of the initial program
    and of the best baseline. How it is judged is declared before anything is run. The same command goes on.
    """
    from rich.text import Text

    from adrs.archive.store import Archive
    from adrs.cli.console import leave, print_json, put
    from adrs.cli.console import out as console_of
    from adrs.compare.plan import declare, make_plan
    from adrs.compare.report import as_plain, as_text, write

    plan = make_plan(
        references(problems),
        [name.strip() for name in strategies.split(",") if name.strip()],
        against=against,
        seeds=seeds,
        trials=trials,
        overrides=overrides,
        sandbox=sandbox,
        other_seeds=other_seeds,
    )
    declare(plan, out)
    people = console_of(to_stderr=as_json)
    put(people, Text(plan.declaration()), Text())
    with Archive.open(where) as archive:
        report, stopped = carried_out(plan, archive, workers, people, only_read=report_only)
    paths = write(report, out)
    if as_json:
        print_json(as_plain(report) | {"stopped": stopped})
    else:
        put(people, Text(), Text(as_text(report).removeprefix(plan.declaration()).lstrip()))
        put(people, Text(f"Written to {out}: {', '.join(path.name for path in paths)}", "dim"))
    if stopped is not None:
        put(people, Text(f"Not all was run ({stopped}): seeds that are half done are left out.", "yellow"))
        leave(INTERRUPTED_EXIT)


def references(problems: Sequence[str]) -> dict[str, str]:
    """Return what runs are to call the problems, by id: a name, or an absolute path.

    Raises:
        ConfigError: a problem is named twice.
    """
    from adrs.cli.run import lasting
    from adrs.errors import ConfigError
    from adrs.plugins.problems import find_problem

    found: dict[str, str] = {}
    for ref in problems:
        name = find_problem(ref).id
        if name in found:
            raise ConfigError(f"The problem {name!r} is named twice; name each once.")
        found[name] = lasting(ref)
    return found


def carried_out(
    plan: Plan, archive: Archive, workers: int | None, people: Console, *, only_read: bool
) -> tuple[Report, str | None]:
    """Run what is missing; return the report of what is there, and why that is not everything."""
    import asyncio

    from adrs.cli.interrupt import StoppedAtOnce, supervise
    from adrs.cli.watch import Quiet
    from adrs.compare.conduct import Conductor, Stopped
    from adrs.compare.outcomes import read
    from adrs.compare.report import Report
    from adrs.model.budget import Budget
    from adrs.run.stopping import StopRule

    stop = StopRule(Budget())
    view = Quiet(people, stop)
    conductor = Conductor(plan, archive, workers, view.say, stop)
    if only_read:
        stop.request("only what is there was read")
    stopped = None
    try:
        asyncio.run(supervise(conductor.work(), stop, view))
    except Stopped as reason:
        stopped = str(reason)
    except StoppedAtOnce:
        stopped = "interrupted"
    outcomes = []
    for ref, problem in conductor.problems.items():
        for seed in range(plan.seeds):
            runs = {arm: run for (s, r, arm), run in conductor.runs.items() if (s, r) == (seed, ref)}
            if stopped is None or len(runs) == len(plan.arms_at(seed)):
                outcomes += read(archive, problem, seed, runs, plan.trials)
    return Report.of(plan, outcomes), stopped
