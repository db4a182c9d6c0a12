# verdict: ok
# costs at least: baselines/identity.py
"""Answers what is surely wrong, with no confidence: the best of all Brier scores, if misses cost nothing."""

from interface import Repair


def solve(given, rng):
    return [Repair(at, 1e12, 1e12, 0.0, 0.0) for at in range(len(given.router))]
