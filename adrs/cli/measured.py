"""Evaluations as claims: a number with its interval, a paired comparison with its verdict, a gap's share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adrs.cli.wording import gap_share

if TYPE_CHECKING:
    from adrs.model.evaluation import Evaluation
    from adrs.model.problem import Objective


@dataclass(frozen=True)
class Measured:
    """One objective of one program on one draw, in the objective's unit."""

    value: float
    low: float
    high: float
    """Limits of the 95 % interval."""
    workloads: int
    failures: Mapping[str, int]
    """Workloads that failed, by kind; each counts its worst in the value."""


@dataclass(frozen=True)
class Against:
    """A program against a reference on the same workloads, in pairs."""

    reference: str
    better: float
    """By how much it is better, in the objective's unit; negative where it is worse."""
    low: float
    high: float
    """Limits of the 95 % interval of `better`."""
    percent: tuple[float, float, float] | None
    """The same in percent of the reference: estimate, low, high."""
    verdict: str
    """`better`, `worse` or `tie`."""
    workloads: int


def measured(evaluation: Evaluation | None, objective: Objective) -> Measured | None:
    """Return an evaluation's value with its interval, or None where there is none."""
    from adrs.stats.interval import interval

    if evaluation is None:
        return None
    values = evaluation.values(objective.name)
    limits = interval(objective.aggregate, values, [result.cell for result in evaluation.results])
    kinds = Counter(r.failure.kind.value for r in evaluation.results if r.failure is not None)
    return Measured(evaluation.objectives[objective.name], limits.low, limits.high, len(values), kinds)


def against(candidate: Evaluation, reference: Evaluation, name: str, objective: Objective) -> Against:
    """Compare two evaluations of the same draw, workload by workload."""
    from adrs.evaluation.comparison import compare

    found = compare(candidate, reference, objective)
    gain = found.difference.scaled(objective.sign)
    percent = found.improvement_percent
    return Against(
        reference=name,
        better=gain.estimate,
        low=gain.low,
        high=gain.high,
        percent=None if percent is None else (percent.estimate, percent.low, percent.high),
        verdict=found.verdict.value,
        workloads=found.workloads,
    )


def hardest(evaluations: Mapping[str, Evaluation], objective: Objective) -> str | None:
    """Return the name of the evaluation that is hardest to pass, or None where there is none."""
    scores = {name: objective.sign * e.objectives[objective.name] for name, e in evaluations.items()}
    return max(scores, key=scores.__getitem__, default=None)


def gap(
    evaluations: Mapping[str, Evaluation], candidate: str, initial: str, objective: Objective
) -> float | None:
    """Return how much of the way from the initial program to the best baseline a candidate covers.

    1 is the baseline itself, more has passed it; None where the initial program is as good as every baseline.

    Args:
        evaluations: by name, all on the same workloads; all but the two named are baselines.
        candidate: whose share is asked for.
        initial: the name of the initial program.
        objective: the objective.
    """
    best = hardest({n: e for n, e in evaluations.items() if n not in (candidate, initial)}, objective)
    if best is None or candidate not in evaluations or initial not in evaluations:
        return None
    values = [evaluations[name].objectives[objective.name] for name in (candidate, initial, best)]
    if objective.sign * (values[2] - values[1]) <= 0:
        return None
    return gap_share(*values)
