"""The statistics that a plan declares, and no verdict that the number of seeds cannot support."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from adrs.compare.plan import ALPHA, POWER
from adrs.stats.holm import holm


@dataclass(frozen=True)
class Welch:
    """Two arms on one problem."""

    problem: str
    difference: float
    """Mean of the candidate's shares minus the mean of the other's."""
    low: float
    high: float
    """The interval at 1 - ALPHA; infinite with a single seed."""
    p: float | None
    """Two-sided; None where neither arm varies, so that there is nothing to test with."""
    adjusted: float | None
    """By Holm over the problems."""
    detectable: float | None
    """The smallest difference that so many seeds show with the declared power."""
    n: tuple[int, int]


@dataclass(frozen=True)
class OverProblems:
    """Two arms over all problems."""

    difference: float
    """Mean over problems of the difference of means."""
    low: float
    high: float
    p: float | None
    """None with fewer than two problems, or where all differences are equal."""
    detectable: float | None
    problems: int
    seeds: int
    """The fewest of either arm on any problem."""
    adjusted: float | None = None
    """By Holm over the arms, where the candidate is compared with several."""


@dataclass(frozen=True)
class Primary(OverProblems):
    """The one test that decides."""

    verdict: str = ""
    """`better`, `worse`, `no difference shown`, or why there is none."""


def welch(problem: str, ours: Sequence[float], theirs: Sequence[float]) -> Welch:
    """Compare two arms on a problem (B. L. Welch, Biometrika 34, 1947); not adjusted yet.

    Args:
        problem: its id.
        ours: one share per seed; at least one.
        theirs: one share per seed; at least one.
    """
    difference = fmean(ours) - fmean(theirs)
    sizes = len(ours), len(theirs)
    if min(sizes) < 2:
        return Welch(problem, difference, -math.inf, math.inf, None, None, None, sizes)
    parts = [stdev(values) ** 2 / len(values) for values in (ours, theirs)]
    error = math.sqrt(sum(parts))
    if error == 0:
        return Welch(problem, difference, difference, difference, None, None, 0.0, sizes)
    freedom = sum(parts) ** 2 / sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    p, reach, detectable = _tested(difference, error, freedom)
    return Welch(problem, difference, difference - reach, difference + reach, p, None, detectable, sizes)


def per_problem(
    shares: Mapping[str, tuple[Sequence[float], Sequence[float]]],
) -> list[Welch]:
    """Compare two arms on every problem, with Holm's correction over those that can be tested."""
    found = [welch(problem, ours, theirs) for problem, (ours, theirs) in shares.items()]
    tested = [each.p for each in found if each.p is not None]
    adjusted = iter(holm(tested))
    return [
        each if each.p is None else Welch(**{**each.__dict__, "adjusted": next(adjusted)}) for each in found
    ]


def primary(found: Sequence[Welch], *, seeds_needed: int) -> Primary:
    """Test the mean of the problems' differences against 0, and judge.

    Args:
        found: the two arms on every problem.
        seeds_needed: of each arm on each problem, for a verdict.
    """
    tested = _over_problems(found)
    verdict = _verdict(tested.difference, tested.p, tested.problems, tested.seeds, seeds_needed)
    return Primary(**tested.__dict__, verdict=verdict)


def over_problems(found: Mapping[str, Sequence[Welch]]) -> dict[str, OverProblems]:
    """Test the mean of the problems' differences to each of several arms, with Holm's correction over them.

    Args:
        found: by the other arm's name, the candidate against it on every problem.
    """
    tests = {arm: _over_problems(each) for arm, each in found.items()}
    tested = {arm: test.p for arm, test in tests.items() if test.p is not None}
    adjusted = dict(zip(tested, holm(list(tested.values())), strict=True))
    return {arm: replace(test, adjusted=adjusted.get(arm)) for arm, test in tests.items()}


def _over_problems(found: Sequence[Welch]) -> OverProblems:
    differences = [each.difference for each in found]
    seeds = min((min(each.n) for each in found), default=0)
    mean = fmean(differences) if differences else math.nan
    low, high, p, detectable = -math.inf, math.inf, None, None
    if len(differences) >= 2:
        error = stdev(differences) / math.sqrt(len(differences))
        low = high = mean
        if error > 0:
            p, reach, detectable = _tested(mean, error, len(differences) - 1)
            low, high = mean - reach, mean + reach
    return OverProblems(mean, low, high, p, detectable, len(differences), seeds)


def _verdict(mean: float, p: float | None, problems: int, seeds: int, needed: int) -> str:
    if seeds < needed:
        return f"none: a verdict needs {needed} seeds, and has {seeds}"
    if problems < 2:
        return "none: a test over problems needs at least two"
    if p is None or p >= ALPHA:
        return "no difference shown"
    return "better" if mean > 0 else "worse"


def _tested(mean: float, error: float, freedom: float) -> tuple[float, float, float]:
    """Return the two-sided p-value, half of the interval's width, and the detectable difference."""
    from scipy.special import stdtr, stdtrit  # slow to import

    critical = float(stdtrit(freedom, 1 - ALPHA / 2))
    p = 2 * float(stdtr(freedom, -abs(mean) / error))
    return p, critical * error, (critical + float(stdtrit(freedom, POWER))) * error
