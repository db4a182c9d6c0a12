"""Noisy objectives: no program becomes best anywhere because it was lucky once.

A single measurement that looks good was chosen for looking good, so it says too much. Where the problem
declares `noise = "measured"`, a candidate that beats its parent is measured again on the same workloads with
fresh noise before it is recorded, and only those further measurements count. Everything that can become a
strategy's best, an elite that migrates or the best of a run beats its parent first, so none of them rests on
a measurement that chose it. Strategies stay pure: they are told what was recorded, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from adrs.archive.store import Archive
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.evaluate import Cascade, Outcome
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, WorkloadResult
from adrs.model.problem import Objective, Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.trial import TrialState
from adrs.plugins.problems import initial_program

REMEASURED = 3
"""How often a promising candidate is measured again, at most; it ends where it beats its parent no more."""


def is_noisy(problem: Problem) -> bool:
    """Whether what champions are chosen by differs from one measurement to the next."""
    return problem.primary.noise == "measured"


def average(problem: Problem, repeats: Sequence[Evaluation]) -> Evaluation:
    """Return one evaluation whose values are means, workload by workload, over several of the same draw.

    A failure in any of them stays one, and counts its worst in the mean. Feedback and behaviour are the
    first's, times are sums.

    Args:
        problem: whose objectives are aggregated.
        repeats: at least one, all on the same workloads.
    """
    first = repeats[0]
    if len(repeats) == 1:
        return first
    results = tuple(_mean_result(rows) for rows in zip(*(each.results for each in repeats), strict=True))
    objectives = {
        objective.name: aggregate(objective, [result.values[objective.name] for result in results])
        for objective in problem.spec.objective
    }
    return replace(
        first,
        results=results,
        objectives=objectives,
        measures={name: fmean(each.measures[name] for each in repeats) for name in first.measures},
        wall_s=sum(each.wall_s for each in repeats),
        cpu_s=sum(each.cpu_s for each in repeats),
    )


async def measure_noise(
    archive: Archive, cascade: Cascade, problem: Problem, run_id: str, train: Source
) -> None:
    """Measure the initial program of a noisy problem again on train, once per archive.

    Paired with its first measurement it says what noise alone can look like.
    """
    if not is_noisy(problem):
        return
    initial = initial_program(problem)
    known = archive.evaluations(program=initial.digest, purpose=Purpose.REMEASURED)
    if any(one.problem_digest == problem.digest and one.evaluation.complete for one in known):
        return
    again = await cascade.measure(initial, train, problem.spec.splits.train, isolated=False, repeat=1)
    archive.record_evaluation(run_id, initial, again, Purpose.REMEASURED)


def _mean_result(rows: Sequence[WorkloadResult]) -> WorkloadResult:
    first = rows[0]
    common = [name for name in first.metrics if all(name in row.metrics for row in rows)]
    return replace(
        first,
        values={name: fmean(row.values[name] for row in rows) for name in first.values},
        metrics={name: fmean(row.metrics[name] for row in rows) for name in common},
        failure=next((row.failure for row in rows if row.failure is not None), None),
    )


@dataclass(frozen=True)
class Remeasuring:
    """Measures promising candidates of a noisy problem again."""

    problem: Problem
    cascade: Cascade
    train: Source

    async def settle(self, program: Program, outcome: Outcome, parent: Callable[[], Evaluation]) -> Outcome:
        """Return what is recorded of a candidate: its outcome, or what further measurements made of it.

        Args:
            program: the candidate's.
            outcome: of its first measurement.
            parent: returns what was recorded of the program that it was built on.
        """
        found = outcome.evaluation
        if not is_noisy(self.problem) or outcome.state is not TrialState.COMPLETED or found is None:
            return outcome
        bar, objective = parent(), self.problem.primary
        again: list[Evaluation] = []
        mean = found
        while len(again) < REMEASURED and mean.failure is None and _beats(mean, bar, objective):
            again.append(
                await self.cascade.measure(
                    program, self.train, len(found.results), isolated=False, repeat=1 + len(again)
                )
            )
            mean = average(self.problem, again)
        recorded = replace(mean, behaviour=found.behaviour, feedback=found.feedback)
        if recorded.failure is None:
            return replace(outcome, evaluation=recorded)
        reason = f"{recorded.failure.kind}: measured again, {recorded.failure.reason}"
        return replace(outcome, state=TrialState.FAILED, reason=reason, evaluation=recorded)


def _beats(ours: Evaluation, theirs: Evaluation, objective: Objective) -> bool:
    return objective.sign * (ours.objectives[objective.name] - theirs.objectives[objective.name]) > 0
