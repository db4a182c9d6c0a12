"""Case studies: what a proposer reaches on a problem with so many trials, over several seeds.

Every seed is a run of its own, which ends with one unselected draw of validation workloads: there the initial
program, every baseline and the best found are measured side by side. A run that the archive has already is
used; one that was stopped is gone on with. What was interrupted is not lost, whoever asks for it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adrs.archive.store import Archive
from adrs.compare.reuse import did, was_asked
from adrs.errors import ConfigError
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Objective, Problem
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.plugins import registry
from adrs.plugins.problems import baseline_program, initial_program
from adrs.run import session
from adrs.run.config import RunConfig, resolve
from adrs.run.finish import CHAMPION, INITIAL
from adrs.run.progress import Notify
from adrs.run.stopping import StopRule

ARTIFACT = "confirm-bound.json"
"""Under this name a run keeps what no program can pass on its confirm draw."""

_RUNS = 100_000
"""More runs than an archive holds."""


@dataclass(frozen=True)
class Task:
    """One seed of one problem: a run that is wanted."""

    problem: Problem
    config: RunConfig


@dataclass(frozen=True)
class Study:
    """What a run came to on its confirm draw."""

    problem: Problem
    seed: int
    run: RunRecord
    evaluations: Mapping[str, Evaluation]
    """By name: the initial program, every re-implemented baseline and the best found; all on one draw."""
    trial: int | None
    """The trial that found the champion; None where nothing better than the initial program was found."""
    trials: int
    bound: float | None
    """What no program can pass there, in the primary objective's unit; None where nothing is proven."""
    reference: float | None
    """What a strong but not proven method reaches there; None where there is none."""


def plan(
    problems: Mapping[str, Problem], *, trials: int, seeds: int, workers: int | None, sandbox: str
) -> list[Task]:
    """Return the runs that are wanted, problem by problem.

    Args:
        problems: by what the run is to call them: an id, or an absolute path.
        trials: of each run.
        seeds: how many runs of each problem; their seeds are 0, 1, ...
        workers: evaluations at the same time; None for the default.
        sandbox: what confines candidates.

    Raises:
        ConfigError: a number is out of range.
    """
    if seeds < 1:
        raise ConfigError(f"The number of seeds is {seeds}; give at least 1.")
    asked = {"workers": workers, "sandbox": sandbox, "budget": {"trials": trials}}
    return [
        Task(problem, resolve({**asked, "problem": ref, "seed": seed}))
        for ref, problem in problems.items()
        for seed in range(seeds)
    ]


def recorded(archive: Archive, task: Task) -> RunRecord | None:
    """Return the run of a task that the archive has, the furthest and newest; None where there is none."""
    runs = [run for run in archive.runs(limit=_RUNS) if did(run, task.problem, task.config)]
    done = [run for run in runs if is_confirmed(archive, task.problem, run)]
    return next(iter(done or runs), None)


def is_outdated(archive: Archive, task: Task) -> bool:
    """Say whether the archive has a run of a task, but of other code of the search than that of now."""
    known = any(was_asked(run, task.problem, task.config) for run in archive.runs(limit=_RUNS))
    return known and recorded(archive, task) is None


def is_confirmed(archive: Archive, problem: Problem, run: RunRecord) -> bool:
    """Say whether a run has ended with a confirm draw on which everything was measured."""
    if run.state is not RunState.FINISHED:
        return False
    return set(_names(problem, run).values()) <= set(_confirmed(archive, run))


async def conduct(archive: Archive, task: Task, *, notify: Notify, stop: StopRule) -> Study | None:
    """Bring a task to its end: begin its run, go on with it, or find it done.

    Returns:
        What it came to; None where it was stopped, or could not go on, before its end.

    Raises:
        UserError: something that a person can correct.
    """
    run = recorded(archive, task)
    if run is None:
        run = (await session.start(task.config, archive, notify=notify, stop=stop)).run
    elif not is_confirmed(archive, task.problem, run):
        run = (await session.resume(run.id, archive, notify=notify, stop=stop)).run
    if not is_confirmed(archive, task.problem, run):
        return None
    if _kept_bound(archive, run) is None:
        await _measure_bound(archive, task.problem, run)
    return read(archive, task.problem, run)


def read(archive: Archive, problem: Problem, run: RunRecord) -> Study:
    """Return what a confirmed run came to, from the archive alone."""
    confirmed = _confirmed(archive, run)
    improved = run.champion is not None and run.champion != run.initial
    trial = archive.trial_of(run.id, str(run.champion)) if improved else None
    limits = _kept_bound(archive, run) or {}
    return Study(
        problem=problem,
        seed=run.seed,
        run=run,
        evaluations={name: confirmed[digest] for name, digest in _names(problem, run).items()},
        trial=None if trial is None else trial.number,
        trials=archive.usage(run.id).trials,
        bound=limits.get("bound"),
        reference=limits.get("reference"),
    )


def _names(problem: Problem, run: RunRecord) -> dict[str, str]:
    """Return the digests of what a confirm draw measures, by the name that it is shown under."""
    baselines = {
        one.name: baseline_program(problem, one).digest
        for one in problem.spec.baseline
        if one.file is not None
    }
    return {INITIAL: run.initial, **baselines, CHAMPION: run.champion or run.initial}


def _confirmed(archive: Archive, run: RunRecord) -> dict[str, Evaluation]:
    """Return the evaluations of a run's last confirm draw by digest."""
    records = list(archive.evaluations(run_id=run.id, purpose=Purpose.CONFIRM))
    last = max((record.evaluation.opening for record in records), default=None)
    return {one.program: one.evaluation for one in records if one.evaluation.opening == last}


async def _measure_bound(archive: Archive, problem: Problem, run: RunRecord) -> None:
    """Keep what bounds a run's confirm draw."""
    evaluation = _confirmed(archive, run)[run.initial]
    opening, count = evaluation.opening, len(evaluation.results)
    source = Source(Split.VALIDATION, archive.key(problem, Split.VALIDATION, opening), opening)
    sandbox = registry.sandbox(str(run.config["sandbox"]))
    pool = EvaluationPool(problem, sandbox, workers=1, initial=initial_program(problem))
    async with pool:
        found = await pool.bounds(source, range(count))
    said = {
        "opening": opening,
        "bound": _complete(problem.primary, found.bound),
        "reference": _complete(problem.primary, found.reference),
    }
    archive.add_artifact(run.id, None, ARTIFACT, json.dumps(said).encode(), "application/json")


def _complete(objective: Objective, rows: Sequence[Mapping[str, float] | None]) -> float | None:
    values = [row[objective.name] for row in rows if row is not None and objective.name in row]
    return aggregate(objective, values) if values and len(values) == len(rows) else None


def _kept_bound(archive: Archive, run: RunRecord) -> Mapping[str, Any] | None:
    opening = next((one.opening for one in _confirmed(archive, run).values()), None)
    for said in _artifacts(archive, run):
        if said["opening"] == opening:
            return said
    return None


def _artifacts(archive: Archive, run: RunRecord) -> Iterator[Mapping[str, Any]]:
    for artifact in archive.artifacts(run.id):
        if artifact.name == ARTIFACT:
            yield json.loads(archive.artifact(artifact))
