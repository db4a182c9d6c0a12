# verdict: invalid
"""Answers booleans for edge ids."""


def solve(given, rng):
    return [[True] * len(given.destinations)] * given.partitions
