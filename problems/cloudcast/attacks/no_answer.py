# verdict: invalid
"""Answers nothing."""


def solve(given, rng):
    return None
