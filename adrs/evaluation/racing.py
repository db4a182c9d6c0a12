"""Racing: stop a candidate that surely loses before all of train is run.

The candidate and the bar ran on the same workloads, so differences are paired. One-sided paired t test at 1 %
(Maron and Moore, Hoeffding races, NIPS 1993, with Student's t in place of Hoeffding's bound, as in F-race:
Birattari et al., GECCO 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from adrs.model.evaluation import Evaluation, WorkloadResult
from adrs.model.problem import Objective

LEVEL = 0.01
"""How often, at most, a stage ends a candidate that is as good as the bar."""

_FEWEST = 4
"""With fewer pairs nobody is stopped."""


def hopeless(objectives: Sequence[Objective], results: Sequence[WorkloadResult], bar: Evaluation) -> bool:
    """Return whether a candidate is significantly worse than the bar in every objective.

    Args:
        objectives: of the problem.
        results: the candidate's, on workloads `0 .. n - 1`.
        bar: of another program, on the same workloads (the shorter of the two counts).
    """
    return all(_worse(_differences(objective, results, bar)) for objective in objectives)


def _differences(objective: Objective, results: Sequence[WorkloadResult], bar: Evaluation) -> list[float]:
    """Per workload: how much better the candidate is, in the scale that the aggregate is a mean of."""
    pairs = [
        (mine.values[objective.name], theirs.values[objective.name])
        for mine, theirs in zip(results, bar.results, strict=False)
    ]
    if objective.aggregate == "geometric_mean" and all(a > 0 and b > 0 for a, b in pairs):
        pairs = [(math.log(a), math.log(b)) for a, b in pairs]
    return [objective.sign * (a - b) for a, b in pairs]


def _worse(differences: list[float]) -> bool:
    count = len(differences)
    if count < _FEWEST:
        return False
    mean = math.fsum(differences) / count
    if mean >= 0:
        return False
    variance = math.fsum((d - mean) ** 2 for d in differences) / (count - 1)
    if variance == 0:
        return True
    from scipy.special import stdtr  # imported when used: it takes 0.1 s

    return bool(stdtr(count - 1, mean / math.sqrt(variance / count)) < LEVEL)
