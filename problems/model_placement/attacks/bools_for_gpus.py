# verdict: invalid
"""Says True for GPU 1, until types are looked at."""


def solve(given, rng):
    return [True, *given.current[1:]]
