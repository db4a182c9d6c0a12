"""One sitting at a run, seen from the terminal: preview, watching, Ctrl-C, report, exit code."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from adrs.cli.interrupt import INTERRUPTED, StoppedAtOnce, supervise

if TYPE_CHECKING:
    from rich.console import Console

    from adrs.archive.store import Archive
    from adrs.cli.watch import View
    from adrs.run.config import RunConfig
    from adrs.run.progress import Notify
    from adrs.run.session import RunResult
    from adrs.run.stopping import StopRule

    Work = Callable[[Archive, Notify, StopRule], Coroutine[None, None, RunResult]]

FAILED_EXIT, INTERRUPTED_EXIT = 1, 130


def sit(where: str, *, as_json: bool, work: Work, preview: tuple[RunConfig, bool] | None = None) -> None:
    """Work on a run until it ends, show it, and end the command with the exit code that it earned.

    Args:
        where: where runs are kept.
        as_json: whether standard output is for one JSON object; people then read standard error.
        work: begins or goes on with the run.
        preview: a new run's configuration, and whether its limit is the default.
    """
    from adrs.archive.store import Archive
    from adrs.cli.console import leave, out, print_json, put

    console = out(to_stderr=as_json)
    with Archive.open(where) as archive:
        if preview is not None:
            _preview(console, archive, *preview)
        result = _watched(console, archive, work)
        from adrs.cli.report import report
        from adrs.cli.results import gather

        results = gather(archive, result.run)
        if as_json:
            print_json(results.as_plain())
        else:
            put(console, *report(archive, results, where))
    code = exit_code(result.reason)
    if code:
        leave(code)


def exit_code(reason: str) -> int:
    """Return 0 where a run ended as asked, 130 where a person stopped it, 1 where it could not go on."""
    from adrs.run.session import LIMITS

    kind = reason.partition(":")[0]
    if kind in LIMITS:
        return 0
    return INTERRUPTED_EXIT if kind == INTERRUPTED else FAILED_EXIT


def _preview(console: Console, archive: Archive, config: RunConfig, assumed: bool) -> None:
    """Say what will be done; what can be refused (a name, a missing key) is refused before a run is made."""
    from concurrent.futures import ThreadPoolExecutor

    from adrs.cli.preview import preview
    from adrs.cli.sight import known_sight
    from adrs.plugins import registry
    from adrs.plugins.problems import find_problem
    from adrs.run.session import open_proposer

    problem = find_problem(config.problem)
    registry.strategy(config.strategy.name)
    # Looking whether a sandbox works is waiting for a process, and opening a proposer is mostly imports.
    with ThreadPoolExecutor(1) as aside:
        working = aside.submit(registry.sandbox, config.sandbox)
        open_proposer(config)
    sandbox, seen = working.result(), known_sight(archive, problem)
    console.print(preview(config, problem, sandbox, assumed=assumed, seen=seen))
    if config.proposer.name != "syntax" and config.budget.cost_usd is None and config.replay is None:
        console.print("No dollar limit is set; give one with --budget '$5'.", style="yellow")
    console.print()


def _watched(console: Console, archive: Archive, work: Work) -> RunResult:
    from adrs.cli.console import leave
    from adrs.cli.watch import view_for
    from adrs.model.budget import Budget
    from adrs.run.stopping import StopRule

    gc.freeze()  # what is imported lives as long as the run: no collection need walk over it again
    stop = StopRule(Budget())
    view = view_for(console, stop)
    try:
        with view:
            return asyncio.run(supervise(work(archive, view.notify, stop), stop, view))
    except StoppedAtOnce:
        _say_stopped(console, view)
        leave(INTERRUPTED_EXIT)


def _say_stopped(console: Console, view: View) -> None:
    if view.progress is None:
        console.print("Stopped at once, before the first trial.")
        return
    ref = view.progress.run_id
    console.print("Stopped at once; nothing recorded is lost. Go on with: ", end="")
    console.print(f"adrs resume {ref}", style="bold", soft_wrap=True)
