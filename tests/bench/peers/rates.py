"""From the times of evaluations: rates, and CPU time per trial."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


def rate(times: Sequence[float], low: int, high: int) -> float | None:
    """Return evaluations per second from the `low`-th to the `high`-th, counted from 1; None without them.

    Args:
        times: when each evaluation was done, in seconds, rising. `low` 0 begins with the first of them.
        low: how many had been done at the window's beginning.
        high: how many at its end.
    """
    first = max(low, 1)
    if len(times) < high or high <= first:
        return None
    span = times[high - 1] - times[first - 1]
    return (high - first) / span if span > 0 else None


def cpu_between(samples: Sequence[tuple[float, float]], start: float, end: float) -> float | None:
    """Return the CPU seconds used between two times, from samples of time and CPU seconds so far.

    Values between samples lie on a line; outside of them the nearest holds. None without samples.
    """
    if not samples:
        return None
    return _at(samples, end) - _at(samples, start)


def _at(samples: Sequence[tuple[float, float]], time: float) -> float:
    place = bisect_left(samples, (time, float("-inf")))
    if place == 0:
        return samples[0][1]
    if place == len(samples):
        return samples[-1][1]
    (before, low), (after, high) = samples[place - 1], samples[place]
    return low + (high - low) * (time - before) / (after - before) if after > before else high


def best_so_far(scores: Sequence[float | None]) -> list[float | None]:
    """Return the best score after each evaluation; None until the first that counts."""
    best: float | None = None
    curve = []
    for score in scores:
        if score is not None and (best is None or score > best):
            best = score
        curve.append(best)
    return curve
