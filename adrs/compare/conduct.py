"""Carry a plan out: every run that is not done yet, and the confirm draws. What is done is not done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.compare.plan import SAMPLING, TUNED_BASELINE, Plan, run_config
from adrs.compare.reuse import did, was_asked
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.model.trial import TrialState
from adrs.plugins import registry
from adrs.plugins.problems import baseline_program, find_problem, initial_program
from adrs.run import session
from adrs.run.config import RunConfig, resolve
from adrs.run.stopping import StopRule

_RUNS = 100_000
"""More runs than an archive holds."""

Say = Callable[[str], None]


class Stopped(Exception):
    """The comparison was stopped before its end; asked for again, it goes on."""


@dataclass
class Conductor:
    """Works through a plan's cells."""

    plan: Plan
    archive: Archive
    workers: int | None
    say: Say
    stop: StopRule

    def __post_init__(self) -> None:
        """Look up what is there."""
        self.problems = {ref: find_problem(ref) for ref in self.plan.problems}
        self.runs: dict[tuple[int, str, str], RunRecord] = {}
        self._known = self.archive.runs(limit=_RUNS)[::-1]

    async def work(self) -> None:
        """Run every cell and every confirm draw that is missing.

        Raises:
            Stopped: the stop rule asked for the end, or a run could not be finished.
            UserError: something that a person can correct.
        """
        cells = self.plan.cells()
        for place, (seed, ref, arm) in enumerate(cells, 1):
            run = await self._cell(
                seed, ref, arm, f"[{place}/{len(cells)}] {self.problems[ref].id} · {arm} · seed {seed}"
            )
            if run is not None:
                self.runs[seed, ref, arm] = run
            if place == len(cells) or cells[place][:2] != (seed, ref):
                await self._confirm(seed, ref)

    async def _cell(self, seed: int, ref: str, arm: str, title: str) -> RunRecord | None:
        problem = self.problems[ref]
        baseline = best_baseline(self.archive, problem) if arm == TUNED_BASELINE else None
        if arm == TUNED_BASELINE and baseline is None:
            self.say(f"{title}: left out, the problem has no baseline that runs")
            return None
        depth = self._depth(seed, ref) if arm == SAMPLING else 1
        name = None if baseline is None else baseline[0]
        config = run_config(self.plan, seed, ref, arm, depth=depth, baseline=name)
        if self.workers is not None:
            config = config.model_copy(update={"workers": self.workers})
        run = recorded(self._known, problem, config)
        if run is not None and run.state is RunState.FINISHED:
            self.say(f"{title}: done before")
            return run
        if self.stop.requested is not None:
            raise Stopped(self.stop.requested)
        if run is None and any(was_asked(one, problem, config) for one in self._known):
            self.say(f"{title}: run before by other code of the search, so it is run again")
        result = await self._begin_or_resume(run, config)
        if result.state is not RunState.FINISHED:
            raise Stopped(result.stop_reason)
        self.say(f"{title}: {result.seconds:.1f} s")
        return result

    async def _begin_or_resume(self, run: RunRecord | None, config: RunConfig) -> RunRecord:
        self.stop.errors_in_a_row = 0
        self.stop.errors_of.clear()
        if run is None:
            result = await session.start(config, self.archive, notify=_quiet, stop=self.stop)
        else:
            result = await session.resume(run.id, self.archive, notify=_quiet, stop=self.stop)
        return result.run

    def _depth(self, seed: int, ref: str) -> int:
        """Return how many edits made the candidate's best program of the same seed."""
        run = self.runs.get((seed, ref, self.plan.candidate))
        if run is None:
            return 1
        best = best_trial(self.archive, self.problems[ref], run)
        return 1 if best is None else max(1, len(self.archive.lineage(run.id, best)) - 1)

    async def _confirm(self, seed: int, ref: str) -> None:
        """Measure the champions of all arms, the initial program and the best baseline on one fresh draw."""
        problem = self.problems[ref]
        runs = [run for (s, r, _), run in self.runs.items() if (s, r) == (seed, ref)]
        if not runs or common_draw(self.archive, problem, runs) is not None:
            return
        if self.stop.requested is not None:
            raise Stopped(self.stop.requested)
        programs = {run.champion or run.initial: run for run in runs}
        wanted = {digest: self.archive.program(digest) for digest in programs}
        initial = initial_program(problem)
        wanted[initial.digest] = initial
        baseline = best_baseline(self.archive, problem)
        if baseline is not None:
            wanted[baseline[1].digest] = baseline[1]
        evaluations = await self._measure(problem, wanted)
        for run in runs:
            for digest in dict.fromkeys((run.champion or run.initial, *references(self.archive, problem))):
                self.archive.record_evaluation(run.id, wanted[digest], evaluations[digest], Purpose.CONFIRM)
        self.say(f"{problem.id} · seed {seed}: {len(wanted)} programs measured on a fresh draw")

    async def _measure(self, problem: Problem, programs: dict[str, Program]) -> dict[str, Evaluation]:
        opening = self.archive.new_opening(problem, Split.VALIDATION, "compare", None)
        source = Source(Split.VALIDATION, self.archive.key(problem, Split.VALIDATION, opening), opening)
        sandbox = registry.sandbox(self.plan.sandbox)
        workers = self.workers or resolve({"problem": problem.id}).workers
        pool = EvaluationPool(problem, sandbox, workers=workers, initial=initial_program(problem))
        async with pool, Cascade(problem, pool) as cascade:
            return await cascade.measure_all(programs, source, problem.spec.splits.validation)


def recorded(runs: Sequence[RunRecord], problem: Problem, config: RunConfig) -> RunRecord | None:
    """Return the first run that did what is asked for, a finished one before any other.

    Args:
        runs: all that there are, oldest first.
        problem: as it is now: runs on another version of it do not count.
        config: what is asked for.
    """
    found = [run for run in runs if did(run, problem, config)]
    return next((run for run in found if run.state is RunState.FINISHED), next(iter(found), None))


def best_trial(archive: Archive, problem: Problem, run: RunRecord) -> int | None:
    """Return the number of the first of a run's best trials on train; None where nothing completed."""
    sign, name = problem.primary.sign, problem.primary.name
    best: tuple[float, int] | None = None
    for trial in archive.trials(run.id, states=[TrialState.COMPLETED], light=True):
        if trial.evaluation is None:
            continue
        value = sign * trial.evaluation.objectives[name]
        if best is None or value > best[0]:
            best = value, trial.number
    return None if best is None else best[1]


def best_baseline(archive: Archive, problem: Problem) -> tuple[str, Program] | None:
    """Return the re-implemented baseline that is best on train, by what was measured; None where none was."""
    found: list[tuple[float, str, Program]] = []
    for baseline in problem.spec.baseline:
        if baseline.file is None:
            continue
        program = baseline_program(problem, baseline)
        value = on_train(archive, problem, program)
        if value is not None:
            found.append((problem.primary.sign * value, baseline.name, program))
    best = max(found, key=lambda entry: entry[0], default=None)
    return None if best is None else (best[1], best[2])


def on_train(archive: Archive, problem: Problem, program: Program) -> float | None:
    """Return the primary objective of a baseline on all of train, where it was measured and did not fail."""
    for record in archive.evaluations(program=program.digest, purpose=Purpose.TRAIN):
        found = record.evaluation
        if record.problem_digest == problem.digest and found.complete and found.failure is None:
            return found.objectives[problem.primary.name]
    return None


def references(archive: Archive, problem: Problem) -> tuple[str, ...]:
    """Return the digests of what scores are a share between: the initial program, and the best baseline."""
    baseline = best_baseline(archive, problem)
    return (initial_program(problem).digest, *([] if baseline is None else [baseline[1].digest]))


def common_draw(
    archive: Archive, problem: Problem, runs: Sequence[RunRecord]
) -> dict[str, dict[str, Evaluation]] | None:
    """Return what was measured on the last draw that is common to some runs, by run and digest.

    Returns:
        None where no draw has the champions of all of them beside the references.
    """
    draws: list[dict[int, dict[str, Evaluation]]] = []
    for run in runs:
        by_opening: dict[int, dict[str, Evaluation]] = {}
        for record in archive.evaluations(run_id=run.id, purpose=Purpose.CONFIRM):
            by_opening.setdefault(record.evaluation.opening, {})[record.program] = record.evaluation
        wanted = {run.champion or run.initial, *references(archive, problem)}
        draws.append({opening: found for opening, found in by_opening.items() if wanted <= set(found)})
    common = set.intersection(*(set(draw) for draw in draws)) if draws else set()
    if not common:
        return None
    last = max(common)
    return {run.id: draw[last] for run, draw in zip(runs, draws, strict=True)}


def _quiet(*_: object) -> None:
    """Tell nobody: a line per run is enough."""
