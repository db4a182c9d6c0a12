"""`adrs table`: what the default proposer reaches on problems, beside every baseline and the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option

if TYPE_CHECKING:
    from rich.console import Console

    from adrs.archive.store import Archive
    from adrs.compare.case_studies import Study, Task
    from adrs.model.problem import Problem

_TRIALS, _SEEDS = 300, 3


@click.command()
@click.argument("problems", metavar="PROBLEM...", nargs=-1, required=True)
@click.option("--trials", type=int, default=_TRIALS, show_default=True, metavar="N", help="Trials of a run.")
@click.option(
    "--seeds", type=int, default=_SEEDS, show_default=True, metavar="N", help="Runs of each problem."
)
@click.option("--markdown", is_flag=True, help="Print the tables as a page of documentation.")
@click.option("--workers", type=int, metavar="N", help="Evaluations at the same time.")
@sandbox_option
@runs_option
@json_option
def table(
    problems: tuple[str, ...],
    trials: int,
    seeds: int,
    markdown: bool,
    workers: int | None,
    sandbox: str,
    where: str,
    as_json: bool,
) -> None:
    """Evolve each PROBLEM with the default proposer, and compare what it reaches with every baseline.

    Each seed is a run of its own. It ends with one draw of workloads on which nothing was selected: there the
    initial program, every baseline and the best found are measured side by side. Runs that the archive has
    are used, and one that was stopped is gone on with: after Ctrl-C, the same command goes on.
    """
    from adrs.archive.store import Archive
    from adrs.cli.console import out, print_json, put
    from adrs.cli.table_page import page
    from adrs.cli.table_rows import as_plain, report, studied
    from adrs.compare.case_studies import plan

    found = _found(problems)
    tasks = plan(found, trials=trials, seeds=seeds, workers=workers, sandbox=sandbox)
    console = out(to_stderr=as_json or markdown)
    with Archive.open(where) as archive:
        studies = [
            _conducted(console, archive, task, f"{number} of {len(tasks)}")
            for number, task in enumerate(tasks, 1)
        ]
        results = studied(archive, studies)
    if as_json:
        print_json([as_plain(each) for each in results])
    elif markdown:
        click.echo(page(results, command=_command(problems, trials, seeds)), nl=False)
    else:
        put(console, *report(results))


def _found(refs: tuple[str, ...]) -> dict[str, Problem]:
    from adrs.cli.run import lasting
    from adrs.plugins.problems import find_problem

    return {lasting(ref): find_problem(ref) for ref in refs}


def _command(problems: tuple[str, ...], trials: int, seeds: int) -> str:
    words = ["adrs", "table", *problems]
    words += [] if trials == _TRIALS else ["--trials", str(trials)]
    words += [] if seeds == _SEEDS else ["--seeds", str(seeds)]
    return " ".join([*words, "--markdown"])


def _conducted(console: Console, archive: Archive, task: Task, place: str) -> Study:
    """Bring one run to its end before the eyes of a person, or end the command."""
    import asyncio

    from adrs.cli.console import leave
    from adrs.cli.interrupt import INTERRUPTED, StoppedAtOnce, supervise
    from adrs.cli.sitting import FAILED_EXIT, INTERRUPTED_EXIT
    from adrs.cli.watch import view_for
    from adrs.cli.wording import safe
    from adrs.compare.case_studies import conduct, recorded
    from adrs.model.budget import Budget
    from adrs.run.stopping import StopRule

    _announce(console, archive, task, place)
    stop = StopRule(Budget())
    view = view_for(console, stop)
    study, reason = None, INTERRUPTED
    try:
        with view:
            work = conduct(archive, task, notify=view.notify, stop=stop)
            study = asyncio.run(supervise(work, stop, view))
    except StoppedAtOnce:
        pass
    if study is not None:
        return study
    run = recorded(archive, task)
    if run is not None and run.stop_reason:
        reason = run.stop_reason
    console.print(f"Stopped: {safe(reason, 300)}. Nothing is lost; the same command goes on.", style="yellow")
    leave(INTERRUPTED_EXIT if reason.startswith(INTERRUPTED) else FAILED_EXIT)


def _announce(console: Console, archive: Archive, task: Task, place: str) -> None:
    from rich.text import Text

    from adrs.compare.case_studies import is_confirmed, is_outdated, recorded

    run = recorded(archive, task)
    if run is None:
        how = "a new run" + (", as other code searched before" if is_outdated(archive, task) else "")
    elif is_confirmed(archive, task.problem, run):
        how = f"run {run.id} has it"
    else:
        how = f"going on with run {run.id}"
    line = Text.assemble(
        (f"[{place}] ", "dim"), (task.problem.id, "bold"), f" seed {task.config.seed}: {how}"
    )
    console.print(line, soft_wrap=True)
