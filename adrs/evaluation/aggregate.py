"""The declared aggregate of an objective: the number that the field reports."""

from __future__ import annotations

from collections.abc import Sequence

from adrs.errors import EvaluatorBroken
from adrs.model.problem import Objective
from adrs.stats import aggregate as by_name


def aggregate(objective: Objective, values: Sequence[float]) -> float:
    """Return the declared aggregate of an objective's values, in the objective's unit.

    Raises:
        EvaluatorBroken: values that the aggregate does not take, such as negative ones in a geometric mean.
    """
    try:
        return by_name.aggregate(objective.aggregate, values)
    except ValueError as error:
        raise EvaluatorBroken(
            f"The objective {objective.name!r} cannot be aggregated by its {objective.aggregate}: {error}."
        ) from None
