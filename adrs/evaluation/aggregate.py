"""How per-workload values become one number: the one that the problem's field reports."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from adrs.errors import EvaluatorBroken
from adrs.model.problem import Objective


def aggregate(objective: Objective, values: Sequence[float]) -> float:
    """Return the declared aggregate of an objective's values, in the objective's unit.

    Raises:
        EvaluatorBroken: a geometric mean of negative values.
    """
    match objective.aggregate:
        case "mean":
            return math.fsum(values) / len(values)
        case "median":
            return float(statistics.median(values))
        case "sum":
            return math.fsum(values)
        case "geometric_mean":
            if min(values) < 0:
                raise EvaluatorBroken(
                    f"The objective {objective.name!r} is aggregated by its geometric mean and was "
                    f"{min(values)!r} on a workload; its values must not be negative."
                )
            return 0.0 if min(values) == 0 else math.exp(math.fsum(map(math.log, values)) / len(values))
