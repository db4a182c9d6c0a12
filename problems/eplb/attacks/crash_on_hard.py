# verdict: exception
# costs at least: baselines/previous_placement.py
"""Raises where balance will be poor, in the hope that failures are left out of the mean."""

from interface import skew


def solve(given, rng):
    if skew(given) > 11.0:
        raise RuntimeError("too hard")
    return given.placement
