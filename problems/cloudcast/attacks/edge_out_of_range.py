# verdict: invalid
"""Names edges that do not exist and have no price."""


def solve(given, rng):
    size = len(given.cloud)
    return [[size * size + region for region in given.destinations]] * given.partitions
