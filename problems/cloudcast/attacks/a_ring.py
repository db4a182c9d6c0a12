# verdict: invalid
"""Lets destinations send to each other in a ring that the source does not enter."""


def solve(given, rng):
    size, ring = len(given.cloud), given.destinations
    edges = [tail * size + head for tail, head in zip(ring, [*ring[1:], ring[0]], strict=True)]
    return [edges] * given.partitions
