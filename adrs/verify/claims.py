"""What a sealed measurement shows: a program against a reference, in pairs, at a level for every opening."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adrs.model.problem import Objective
from adrs.stats.interval import Interval
from adrs.stats.paired import Verdict, paired_difference

ALPHA = 0.05
"""The chance that any interval of a lineage's claims against one reference misses, over all openings."""

LABEL: Final = "self-attested"
"""What a verification on one's own machine is called: its seal rests on honour."""

_BEYOND = 1e-9
"""A value beyond a bound by no more than this share of its size is rounding."""


@dataclass(frozen=True)
class Limits:
    """An estimate with the limits of its interval; infinite limits where one workload gives no interval."""

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, interval: Interval) -> Limits:
        """Return an interval in this form, zeros without a sign."""
        return cls(*(limit + 0.0 for limit in interval))


@dataclass(frozen=True)
class Claim:
    """A program against one reference on one split of one opening."""

    reference: str
    """The name of the baseline, or `initial program`."""
    split: str
    verdict: Verdict
    """Of the program: better, worse, or a tie where the interval holds 0."""
    gain: Limits
    """By how much the program is better, in the objective's unit; negative where it is worse."""
    percent: Limits | None
    """The same in percent of the reference; None where a share of it means nothing."""
    level: float
    """Of the intervals, corrected for the openings of the lineage."""
    workloads: int


def level(openings: int) -> float:
    """Return the level of the intervals of a lineage's k-th opening: 1 - 0.05 / (k (k + 1)).

    The terms 1 / (k (k + 1)) add up to 1 over all k, so that by the union bound the chance that any opening
    of a lineage, however many there will be, gives an interval that misses is at most 5 %. Opening again
    until the result pleases gains nothing.

    Args:
        openings: how often the lineage was opened, this time included.

    Raises:
        ValueError: fewer than one opening.
    """
    if openings < 1:
        raise ValueError(f"a claim rests on at least one opening, not {openings}")
    return 1 - ALPHA / (openings * (openings + 1))


def compare(
    reference: str,
    split: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    cells: Sequence[str],
    objective: Objective,
    openings: int,
) -> Claim:
    """Compare a program with a reference, workload by workload, resampled or stratified by cell.

    Args:
        reference: the reference's name.
        split: which workloads these are.
        ours: the program's values, one per workload, in the objective's unit.
        theirs: the reference's values on the same workloads in the same order.
        cells: the parameter cell of each workload.
        objective: what the values are of.
        openings: how often the lineage was opened, this time included.

    Raises:
        ValueError: the vectors do not belong together, or hold what cannot be aggregated.
    """
    at = level(openings)
    found = paired_difference(
        ours,
        theirs,
        direction=objective.direction,
        rng=np.random.default_rng(0),  # the same values give the same claim, here and anywhere
        cells=cells,
        name=objective.aggregate,
        level=at,
        cautious=True,
    )
    percent = found.improvement_percent
    return Claim(
        reference=reference,
        split=split,
        verdict=found.verdict,
        gain=Limits.of(found.difference.scaled(objective.sign)),
        percent=None if percent is None else Limits.of(percent),
        level=at,
        workloads=found.workloads,
    )


def same(one: Claim, other: Claim) -> bool:
    """Say whether two claims are equal but for rounding, as another release of numpy or scipy may give."""
    if (one.reference, one.split, one.verdict, one.workloads) != (
        other.reference,
        other.split,
        other.verdict,
        other.workloads,
    ):
        return False
    return (
        math.isclose(one.level, other.level, rel_tol=1e-12)
        and _close(one.gain, other.gain)
        and _close(one.percent, other.percent)
    )


def _close(one: Limits | None, other: Limits | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = zip((one.estimate, one.low, one.high), (other.estimate, other.low, other.high), strict=True)
    size = max(abs(one.estimate), abs(other.estimate))
    return all(a == b or math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9 * size) for a, b in pairs)


def beyond(value: float, bound: float, objective: Objective) -> bool:
    """Say whether a value passes a proven bound by more than rounding: that is a bug in the evaluator."""
    gain = objective.sign * (value - bound)
    return gain > _BEYOND * max(abs(value), abs(bound))


def sentence(claim: Claim, name: str, objective: Objective) -> str:
    """Return a claim in one sentence.

    Args:
        claim: what was found.
        name: what the program is called.
        objective: what was measured.
    """
    where = f"({claim.split}, {claim.workloads} workloads, {_percent_level(claim.level)} interval, {LABEL})"
    size = _size(claim, objective)
    what = f"{objective.aggregate.replace('_', ' ')} {objective.name}"
    if math.isinf(claim.gain.low) or math.isinf(claim.gain.high):
        return f"{name} ties with {claim.reference} on {what}: {size} is no interval yet {where}."
    if claim.verdict is Verdict.TIE:
        holds = f"the interval of the gain, {size}, holds 0"
        return f"{name} ties with {claim.reference} on {what}: {holds} {where}."
    if claim.verdict is Verdict.BETTER:
        return f"{name} beats {claim.reference} by {size} on {what} {where}."
    return f"{name} loses to {claim.reference} by {_size(claim, objective, flip=True)} on {what} {where}."


def _size(claim: Claim, objective: Objective, *, flip: bool = False) -> str:
    limits, unit, digits = claim.gain, f" {objective.unit}", ".5g"
    if claim.percent is not None:
        limits, unit, digits = claim.percent, " %", ".2f"
    values = [limits.estimate, limits.low, limits.high]
    if flip:
        values = [-values[0], -values[2], -values[1]]
    estimate, low, high = (f"{value + 0.0:{digits}}" for value in values)
    return f"{estimate}{unit} [{low}, {high}]"


def _percent_level(share: float) -> str:
    return f"{100 * share:.4g} %"


__all__ = ["ALPHA", "LABEL", "Claim", "Limits", "beyond", "compare", "level", "same", "sentence"]
