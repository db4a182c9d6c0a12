# verdict: invalid
"""Marks slots as unused with -1, which would index the last expert."""


def solve(given, rng):
    slots = given.placement.copy()
    slots[:, 0] = -1
    return slots
