"""Two programs on the same workloads: which is better, by how much, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from adrs.stats.aggregate import aggregate, check_finite
from adrs.stats.interval import LEVEL, FloatArray, Interval, mean_interval
from adrs.stats.strata import resample, strata

Direction = Literal["minimize", "maximize"]

RESAMPLES = 2000
"""How many resamples a bootstrap interval rests on."""

ROUNDING = 1e-12
"""Values apart by no more than this share of their size are equal: summing in another order moves as much."""


class Verdict(StrEnum):
    """What a paired comparison says of the candidate."""

    BETTER = "better"
    WORSE = "worse"
    TIE = "tie"


@dataclass(frozen=True)
class PairedDifference:
    """A candidate against a reference on the same workloads."""

    candidate: float
    """The candidate's aggregate, in the objective's unit."""
    reference: float
    """The reference's aggregate, in the objective's unit."""
    difference: Interval
    """Candidate minus reference, in the objective's unit."""
    improvement_percent: Interval | None
    """By how many percent of the reference's aggregate the candidate is better (negative: worse); None
    where that aggregate is not positive, so that a share of it means nothing."""
    verdict: Verdict
    """A tie unless the interval of the difference, and of the percentage, lies on one side of 0."""
    workloads: int


def paired_difference(
    candidate: Sequence[float],
    reference: Sequence[float],
    *,
    direction: Direction,
    rng: np.random.Generator,
    cells: Sequence[str] | None = None,
    name: str = "mean",
    level: float = LEVEL,
    cautious: bool = False,
) -> PairedDifference:
    """Compare two per-workload vectors, workload by workload.

    For `mean` and `sum` the interval is that of the mean paired difference (`mean_interval`), and the
    percentage is a ratio of two means, whose interval is that of its linearised values (d - ratio *
    reference) / mean(reference). For `geometric_mean` both rest on the logarithms of the paired ratios; a
    value of 0 leaves it open. For `median` they are percentiles of `RESAMPLES` resamples of workloads
    within their cells.

    Args:
        candidate: one value per workload.
        reference: one value per workload, in the same order.
        direction: whether smaller or larger is better.
        rng: used by `median` alone; the same generator gives the same interval.
        cells: the parameter cell of each workload.
        name: the declared aggregate.
        level: between 0 and 1.
        cautious: as `mean_interval`; `median` rests on no spread.

    Raises:
        ValueError: the vectors differ in length, hold what `aggregate` does not take, or the cells do not
            fit.
    """
    ours, theirs = _paired(candidate, reference)
    ends = aggregate(name, candidate), aggregate(name, reference)
    if name == "median":
        difference, percent = _of_medians(ours, theirs, ends, cells, rng, level)
    elif name == "geometric_mean":
        difference, percent = _of_ratios(ours, theirs, ends, cells, level, cautious)
    else:
        difference, percent = _of_means(ours, theirs, ends, cells, level, name, cautious)
    sign = 1 if direction == "maximize" else -1
    percent = percent.scaled(sign) if percent is not None else None
    sides = {_side(difference.scaled(sign)), _side(percent or difference.scaled(sign))}
    verdict = sides.pop() if len(sides) == 1 else Verdict.TIE
    return PairedDifference(*ends, difference, percent, verdict, len(ours))


def significantly_worse(
    candidate: Sequence[float], bar: Sequence[float], *, direction: Direction, alpha: float = 0.05
) -> bool:
    """Say whether racing may stop: the candidate's mean is worse than the bar's by a one-sided paired t-test.

    Racing asks this at every stage, so the chance to drop a candidate that is as good as the bar is up to the
    number of stages times `alpha`.

    Args:
        candidate: one value per workload measured so far.
        bar: the values of the program to be beaten on the same workloads, in the same order.
        direction: whether smaller or larger is better.
        alpha: the chance, at one stage, to stop a candidate that is as good as the bar.

    Raises:
        ValueError: the vectors differ in length, or hold a value that is not finite.
    """
    ours, theirs = _paired(candidate, bar)
    gains = (ours - theirs) * (1 if direction == "maximize" else -1)
    mean = math.fsum(gains) / len(gains)
    if len(gains) < 2 or mean >= 0:
        return False
    error = float(gains.std(ddof=1)) / math.sqrt(len(gains))
    if error <= 1e-15 * abs(mean):
        return True
    from scipy.special import stdtr  # slow to import

    return bool(stdtr(len(gains) - 1, mean / error) < alpha)


def _paired(candidate: Sequence[float], reference: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """Return both vectors; where they differ by rounding alone, the candidate's value is the reference's."""
    if len(candidate) != len(reference):
        raise ValueError(
            "a paired comparison needs the same workloads on both sides, not "
            f"{len(candidate)} and {len(reference)}"
        )
    check_finite(candidate)
    check_finite(reference)
    ours, theirs = np.asarray(candidate, dtype=float), np.asarray(reference, dtype=float)
    same = np.abs(ours - theirs) <= ROUNDING * np.maximum(np.abs(ours), np.abs(theirs))
    return np.where(same, theirs, ours), theirs


def _side(gain: Interval) -> Verdict:
    if gain.holds(0.0):
        return Verdict.TIE
    return Verdict.BETTER if gain.low > 0 else Verdict.WORSE


def _of_means(
    ours: FloatArray,
    theirs: FloatArray,
    ends: tuple[float, float],
    cells: Sequence[str] | None,
    level: float,
    name: str,
    cautious: bool,
) -> tuple[Interval, Interval | None]:
    apart = ours - theirs
    difference = mean_interval(apart, cells, level, cautious=cautious)
    base = float(theirs.mean())
    percent = None
    if ends[1] > 0 and base > 0:
        ratio = difference.estimate / base
        linear = ratio + (apart - ratio * theirs) / base
        percent = mean_interval(linear, cells, level, cautious=cautious).scaled(100)
    return difference.scaled(len(ours) if name == "sum" else 1), percent


def _of_ratios(
    ours: FloatArray,
    theirs: FloatArray,
    ends: tuple[float, float],
    cells: Sequence[str] | None,
    level: float,
    cautious: bool,
) -> tuple[Interval, Interval | None]:
    if min(ends) == 0:
        return Interval(ends[0] - ends[1], -math.inf, math.inf), None
    logs = mean_interval(np.log(ours / theirs), cells, level, cautious=cautious)
    gain = Interval(*(math.expm1(min(limit, 700.0)) for limit in logs))
    return gain.scaled(ends[1]), gain.scaled(100)


def _of_medians(
    ours: FloatArray,
    theirs: FloatArray,
    ends: tuple[float, float],
    cells: Sequence[str] | None,
    rng: np.random.Generator,
    level: float,
) -> tuple[Interval, Interval | None]:
    if len(ours) == 1:
        return Interval(ends[0] - ends[1], -math.inf, math.inf), None
    drawn = resample(strata(len(ours), cells), rng, RESAMPLES)
    of_ours, of_theirs = np.median(ours[drawn], axis=1), np.median(theirs[drawn], axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(of_ours - of_theirs, [tail, 1 - tail])
    difference = Interval(ends[0] - ends[1], float(low), float(high))
    if ends[1] <= 0 or of_theirs.min() <= 0:
        return difference, None
    low, high = np.quantile(of_ours / of_theirs - 1, [tail, 1 - tail])
    return difference, Interval(ends[0] / ends[1] - 1, float(low), float(high)).scaled(100)
