"""What a check measured of a problem: how much is left to win, how long it takes, what noise hides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.source import Bounds, RunReport
from adrs.model.problem import Objective, Problem
from adrs.stats.detectable import detectable_percent
from adrs.stats.spending import next_alpha

Total = Callable[[str, Objective, int], float]
"""The aggregate of a named program over the first workloads."""


@dataclass(frozen=True)
class Headroom:
    """Aggregates of the primary objective over the first train workloads, in its unit."""

    workloads: int
    initial: float
    baselines: Mapping[str, float]
    """By name, every re-implemented one."""
    bound: float | None
    """None unless every workload has a proven one."""
    reference: float | None
    """What a strong but not proven method reaches; None unless every workload has one."""

    def best_baseline(self, objective: Objective) -> tuple[str, float] | None:
        """Return the baseline that is hardest to beat; None where the problem has none."""
        return max(self.baselines.items(), key=lambda item: objective.sign * item[1], default=None)

    def percent(self, objective: Objective) -> float | None:
        """Return how much better than the best baseline the bound is, in percent of that baseline.

        Returns:
            0 where the baseline is optimal; None without a bound or a baseline, or where its value is 0.
        """
        best = self.best_baseline(objective)
        if best is None or self.bound is None or best[1] == 0:
            return None
        return 100 * objective.sign * (self.bound - best[1]) / abs(best[1]) + 0.0


@dataclass(frozen=True)
class Facts:
    """The numbers behind a checklist, as they are kept and listed."""

    headroom: Headroom
    stage_s: float
    """Seconds that the first stage of train takes the initial program, from asking to having the result."""
    train_s: float
    """Seconds that all of train takes the initial program on one worker."""
    noise: Mapping[str, float]
    """By objective: by how much a workload moves at most when the initial program is run again with other
    random numbers, in the objective's unit."""
    noise_percent: float | None
    """Improvements of the primary objective below this are hidden by noise alone on a validation draw; 0
    where a repeat scores the same, None where a share of the score means nothing."""


def headroom(
    problem: Problem, total: Total, programs: Sequence[str], initial: str, bounds: Bounds
) -> Headroom:
    """Return how much is left between the honest programs and the bound.

    Args:
        problem: whose primary objective counts.
        total: aggregates of the programs.
        programs: names of the initial program and of every re-implemented baseline.
        initial: which of them is the initial program.
        bounds: of the first train workloads.
    """
    primary, count = problem.primary, len(bounds.bound)
    return Headroom(
        workloads=count,
        initial=total(initial, primary, count),
        baselines={name: total(name, primary, count) for name in programs if name != initial},
        bound=_complete(primary, bounds.bound),
        reference=_complete(primary, bounds.reference),
    )


def noise(problem: Problem, first: RunReport, again: RunReport) -> tuple[dict[str, float], float | None]:
    """Return by how much a repeat moves each objective, and what noise alone hides of the primary one.

    Args:
        problem: whose objectives.
        first: a program's run.
        again: its run on the first of the same workloads, with other random numbers.
    """
    pairs = list(zip(first.results, again.results, strict=False))
    moves = {
        one.name: max(abs(a.values[one.name] - b.values[one.name]) for a, b in pairs)
        for one in problem.spec.objective
    }
    primary = problem.primary
    if moves[primary.name] == 0:
        return moves, 0.0
    hidden = detectable_percent(
        [b.values[primary.name] for _, b in pairs],
        [a.values[primary.name] for a, _ in pairs],
        problem.spec.splits.validation,
        cells=[a.cell for a, _ in pairs],
        alpha=next_alpha([]),
    )
    return moves, hidden


def _complete(objective: Objective, rows: Sequence[Mapping[str, float] | None]) -> float | None:
    values = [row[objective.name] for row in rows if row is not None and objective.name in row]
    return aggregate(objective, values) if values and len(values) == len(rows) else None
