"""Medians, intervals and the non-inferiority test of the search; pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MARGIN = 0.02
"""How much lower a mean score may be and still count as not inferior; 1 is the best baseline's gain."""
LEAST_SEEDS = 10
LEAST_PROBLEMS = 4
LEVEL = 0.95


def middle(values: Sequence[float]) -> tuple[float, float, float] | None:
    """Return median, least and greatest; None of no values."""
    return (statistics.median(values), min(values), max(values)) if values else None


@dataclass(frozen=True)
class Difference:
    """Ours minus a peer's, over problems."""

    mean: float
    low: float
    high: float
    """A two-sided 95 % interval of the mean over problems; infinite of one problem."""
    problems: int
    seeds: int
    """The fewest seeds that any problem has of either."""

    @property
    def verdict(self) -> str:
        """What can be said: nothing at all with fewer seeds or problems than were planned."""
        if self.problems < LEAST_PROBLEMS or self.seeds < LEAST_SEEDS:
            return (
                f"none: {self.problems} problems of {self.seeds} seeds; a verdict needs {LEAST_SEEDS} seeds"
            )
        if self.low > 0:
            return "ahead"
        if self.low > -MARGIN:
            return "not inferior"
        return "inferior" if self.high < -MARGIN else "not shown"


def difference(
    ours: Mapping[str, Sequence[float]], theirs: Mapping[str, Sequence[float]]
) -> Difference | None:
    """Return the mean over problems of the differences of mean scores, with its t interval.

    Args:
        ours: scores by problem, one for each seed.
        theirs: a peer's. Problems that only one of the two has are left out.
    """
    both = [name for name in ours if ours[name] and theirs.get(name)]
    if not both:
        return None
    deltas = [statistics.fmean(ours[name]) - statistics.fmean(theirs[name]) for name in both]
    mean = statistics.fmean(deltas)
    seeds = min(min(len(ours[name]), len(theirs[name])) for name in both)
    if len(deltas) < 2:
        return Difference(mean, -math.inf, math.inf, len(deltas), seeds)
    from scipy.stats import t

    reach = float(t.ppf((1 + LEVEL) / 2, len(deltas) - 1)) * statistics.stdev(deltas) / math.sqrt(len(deltas))
    return Difference(mean, mean - reach, mean + reach, len(deltas), seeds)
