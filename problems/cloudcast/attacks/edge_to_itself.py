# verdict: invalid
"""Enters every destination from itself: there is no such edge, and a table may hold a price of 0 there."""


def solve(given, rng):
    size = len(given.cloud)
    return [[region * size + region for region in given.destinations]] * given.partitions
