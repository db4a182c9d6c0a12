# verdict: invalid
"""Fills a slot with an expert that does not exist and has no load."""


def solve(given, rng):
    slots = given.placement.copy()
    slots[0, 0] = given.loads.shape[2]
    return slots
