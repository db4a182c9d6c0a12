"""Two evaluations of the same workloads, compared in pairs."""

from __future__ import annotations

import numpy as np

from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective
from adrs.stats.interval import LEVEL
from adrs.stats.paired import PairedDifference, paired_difference


def compare(
    ours: Evaluation, theirs: Evaluation, objective: Objective, level: float = LEVEL
) -> PairedDifference:
    """Compare two evaluations workload by workload; the same evaluations give the same interval.

    Args:
        ours: what is judged.
        theirs: what it is judged against, on the same workloads in the same order.
        objective: what is compared, in its unit and by its aggregate.
        level: of the interval, such as 0.95.

    Raises:
        ValueError: they are of different numbers of workloads, or hold what cannot be aggregated.
    """
    return paired_difference(
        ours.values(objective.name),
        theirs.values(objective.name),
        direction=objective.direction,
        rng=np.random.default_rng(0),
        cells=[result.cell for result in theirs.results],
        name=objective.aggregate,
        level=level,
    )
