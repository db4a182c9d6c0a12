# verdict: invalid
"""Places only the models that are easy to place."""


def solve(given, rng):
    return list(given.current)[: len(given.current) // 2]
