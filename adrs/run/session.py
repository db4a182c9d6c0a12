"""One sitting at a run: everything that it needs is opened, the loop runs, the end is confirmed.

`start` begins a run, `resume` goes on with one; both hold the run's lock: a run has one process at a time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from ulid import ULID

import adrs
from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Problem
from adrs.model.run import RunRecord, RunState
from adrs.plugins import registry
from adrs.plugins.digest import search_digest
from adrs.plugins.problems import find_problem, initial_program
from adrs.proposer.contract import Proposer
from adrs.proposer.tuner import WithTuner
from adrs.run.assembly import Assembly
from adrs.run.carrying import GROWS
from adrs.run.cassette import Cassette, Script, record, require_new
from adrs.run.clock import monotonic_s, now_us
from adrs.run.config import RunConfig, resolve
from adrs.run.finish import confirm, contenders
from adrs.run.progress import Notify, Progress
from adrs.run.repeats import is_noisy
from adrs.run.steering import Intervention, recorded, repeat
from adrs.run.steering import record as steer
from adrs.run.stopping import StopRule
from adrs.run.strategies import build_strategy
from adrs.sandbox.contract import Sandbox

_WORKERS_A_SPARE = 4
"""One spare pair serves so many: with one, four workers had their turns of 50 ms taken 99 % of the time."""

LIMITS = ("trials", "seconds", "cost_usd")
"""Reasons that end a run; every other reason pauses it."""


@dataclass(frozen=True)
class RunResult:
    """What a sitting at a run came to."""

    run: RunRecord
    progress: Progress
    confirmed: Mapping[str, Evaluation] | None
    """By name: the initial program, each baseline and the best found, all on the same confirm draw, so that
    they compare in pairs. None where the run was interrupted."""
    reason: str


async def start(
    config: RunConfig,
    archive: Archive,
    *,
    notify: Notify,
    stop: StopRule,
    injected: Sequence[Intervention] = (),
) -> RunResult:
    """Begin a run and work on it until it ends.

    Args:
        config: what to do.
        archive: where everything is recorded.
        notify: called after every change.
        stop: where the end can be asked for; its budget is replaced by the run's own.
        injected: programs and ideas that the run begins with, each a trial of its own.

    Raises:
        UserError: something that a person can correct; nothing was spent.
    """
    problem = find_problem(config.problem)
    sandbox = registry.sandbox(config.sandbox)
    initial = initial_program(problem)
    if config.record is not None:
        require_new(Path(config.record))
    script = Cassette.read(Path(config.replay)).begin(archive, problem) if config.replay else None
    run = RunRecord(
        id=str(ULID()),
        problem_id=problem.id,
        problem_version=problem.spec.problem.version,
        problem_digest=problem.digest,
        evaluator_digest=problem.evaluator_digest,
        config=config.model_dump(mode="json"),
        seed=config.seed,
        state=RunState.RUNNING,
        initial=initial.digest,
        adrs_version=adrs.__version__,
        search_digest=search_digest(config.strategy.name, config.proposer.name),
        created_us=now_us(),
    )
    build_strategy(config, problem, initial.digest)  # what is wrong with it is said before anything is kept
    proposer = open_proposer(config)
    with archive.run_lock(run.id):
        archive.create_run(run, initial)
        for one in injected:
            steer(archive, run.id, one)
        if script is not None:
            repeat(archive, run.id, script.interventions)
        return await Sitting(run, config, problem, sandbox, proposer, archive, notify, stop, script).work()


async def resume(
    ref: str,
    archive: Archive,
    *,
    notify: Notify,
    stop: StopRule,
    extend: Mapping[str, float] | None = None,
) -> RunResult:
    """Go on with a run where it stands.

    Args:
        ref: the run's id, a unique beginning of it, or `last`.
        archive: where it was recorded.
        notify: called after every change.
        stop: its budget is replaced by the run's own.
        extend: new limits by name (`trials`, `seconds`, `cost_usd`) in place of the old ones.

    Raises:
        UserError: there is no such run, it is being worked on, or its evaluator has changed.
    """
    run = archive.run(ref)
    overrides = [f"budget.{name}={value!r}" for name, value in (extend or {}).items()]
    before, config = resolve(run.config), resolve(run.config, overrides)
    problem = find_problem(config.problem)
    if problem.digest != run.problem_digest:
        raise ArchiveError(
            f"The problem {problem.id!r} has changed since run {run.id} was made, so old and new scores "
            "cannot be compared; start a new run."
        )
    if config.record is not None:
        require_new(Path(config.record), run.id)
    script = Cassette.read(Path(config.replay)).script if config.replay else None
    sandbox = registry.sandbox(config.sandbox)
    proposer = open_proposer(config)
    with archive.run_lock(run.id):
        now = search_digest(config.strategy.name, config.proposer.name)
        run = archive.update_run(
            run.id,
            state=RunState.RUNNING,
            config=config.model_dump(mode="json"),
            search_digest=now if run.search_digest == now else "",
        )
        if config.budget != before.budget:
            change_budget(archive, run.id, before, config)
        return await Sitting(run, config, problem, sandbox, proposer, archive, notify, stop, script).work()


def change_budget(archive: Archive, run_id: str, before: RunConfig, after: RunConfig) -> None:
    """Keep with a run that its limits were changed: what prompts say of the budget follows from it."""
    known = [one for one in recorded(archive, run_id) if one.kind == "budget"]
    for config in (after,) if known else (before, after):
        limits = config.budget.model_dump()
        steer(archive, run_id, Intervention("budget", note="adrs resume", limits=limits))


def open_proposer(config: RunConfig) -> Proposer:
    """Return the proposer of a configuration, not yet started.

    Raises:
        ConfigError: it cannot begin: an unknown name or option, no key, or dollars that cannot be counted.
    """
    make = registry.proposer(config.proposer.name)
    options = dict(config.proposer.options)
    if config.replay is not None and config.proposer.name == "llm":
        options["replay"] = config.replay
    proposer: Proposer = make(options, workers=config.workers)
    proposer.check_budget(config.budget.limits())
    return WithTuner(proposer, config.workers) if config.tune > 0 else proposer


@dataclass
class Sitting:
    """One process's work on one run."""

    run: RunRecord
    config: RunConfig
    problem: Problem
    sandbox: Sandbox
    proposer: Proposer
    archive: Archive
    notify: Notify
    stop: StopRule
    script: Script | None = None
    """The order that a replay keeps."""

    async def work(self) -> RunResult:
        """Bring everything up, run the loop, confirm, and write down how it ended."""
        self.stop.budget = self.config.budget.limits()
        progress = self._progress()
        started_s = monotonic_s()
        reason = "interrupted"
        confirmed: Mapping[str, Evaluation] | None = None
        try:
            async with self._open(progress) as assembly:
                loop, standing = await assembly.loop()
                while (reason := await loop.run()) == GROWS:
                    reason = "interrupted"
                    assembly.grow(loop)
                    loop, standing = await assembly.loop()
                if self.config.confirm and reason.partition(":")[0] in LIMITS:
                    progress.phase = "confirming"
                    self.notify(
                        progress, "measuring initial program, baselines and best found on a fresh draw"
                    )
                    programs = contenders(self.problem, loop.championship.champion.program, standing)
                    confirmed = await confirm(
                        self.archive, assembly.cascade, self.problem, self.run.id, programs
                    )
        finally:
            self.run = self._close(reason, monotonic_s() - started_s)
        progress.phase = "done"
        self.notify(progress, "")
        return RunResult(self.run, progress, confirmed, reason)

    def _close(self, reason: str, seconds: float) -> RunRecord:
        finished = reason.partition(":")[0] in LIMITS
        run = self.archive.update_run(
            self.run.id,
            state=RunState.FINISHED if finished else RunState.PAUSED,
            stop_reason=reason,
            ended_us=now_us(),
            seconds=self.run.seconds + seconds,
        )
        if self.config.record is not None:
            record(self.archive, run, self.problem, Path(self.config.record))
        return run

    def _progress(self) -> Progress:
        return Progress(
            run_id=self.run.id,
            problem_id=self.problem.id,
            objective=self.problem.primary,
            budget=self.stop.budget,
            strategy=self.config.strategy.name,
            proposer=self.config.proposer.name,
            sandbox=self.sandbox.name,
            workers=self.config.workers,
            usage=self.archive.usage(self.run.id),
        )

    @asynccontextmanager
    async def _open(self, progress: Progress) -> AsyncIterator[Assembly]:
        """Bring up workers and the proposer."""
        initial = self.archive.program(self.run.initial)
        workers = self.config.workers
        pool = EvaluationPool(
            self.problem,
            self.sandbox,
            workers=workers,
            initial=initial,
            # What is measured is disturbed by whatever else goes on.
            spare=0 if is_noisy(self.problem) else ceil(workers / _WORKERS_A_SPARE),
        )
        progress.count_busy = lambda: pool.busy
        self.notify(progress, "")
        async with pool, Cascade(self.problem, pool) as cascade, self.proposer:
            pool.warm()
            yield Assembly(
                run=self.run,
                config=self.config,
                problem=self.problem,
                archive=self.archive,
                proposer=self.proposer,
                pool=pool,
                cascade=cascade,
                progress=progress,
                notify=self.notify,
                stop=self.stop,
                script=self.script,
            )


__all__ = ["RunResult", "resume", "start"]
