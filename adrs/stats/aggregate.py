"""How per-workload values become one number: the aggregate that a problem declares."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _geometric_mean(values: Sequence[float]) -> float:
    if min(values) < 0:
        raise ValueError(f"a geometric mean takes no negative values; the smallest is {min(values)!r}")
    if min(values) == 0:
        return 0.0
    return math.exp(math.fsum(math.log(value) for value in values) / len(values))


AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {
        "mean": _mean,
        "median": statistics.median,
        "geometric_mean": _geometric_mean,
        "sum": math.fsum,
    }
)
"""Every aggregate that `problem.toml` may declare, by name."""


def aggregate(name: str, values: Sequence[float]) -> float:
    """Return one number for many, the same in whatever order they come.

    Args:
        name: `mean`, `median`, `geometric_mean` or `sum`.
        values: at least one finite value, all in one unit.

    Raises:
        ValueError: an unknown name, no value, a value that is not finite, or a negative value in a
            geometric mean.
    """
    if name not in AGGREGATES:
        raise ValueError(f"{name!r} is no aggregate; use one of {', '.join(AGGREGATES)}")
    check_finite(values)
    return float(AGGREGATES[name](values))


def check_finite(values: Sequence[float]) -> None:
    """Make sure that there is something to compute with.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    if len(values) == 0:
        raise ValueError("no values were given; at least one is needed")
    for place, value in enumerate(values):
        if not math.isfinite(value):
            raise ValueError(f"value {place} is {value!r}; every value must be a finite number")
