# verdict: invalid
"""Answers for an interface that does not exist, and is right about it."""

from interface import Repair


def solve(given, rng):
    return [Repair(len(given.router), 0.0, 0.0, 1.0, 1.0)]
