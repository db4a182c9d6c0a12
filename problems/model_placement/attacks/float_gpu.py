# verdict: invalid
"""Puts a model between two GPUs."""


def solve(given, rng):
    return [given.current[0] + 0.5, *given.current[1:]]
