# verdict: invalid
"""Answers a table of its own, every cell the same long text."""


def solve(given, rng):
    return [["the same long text " * 20] * len(given.columns)] * len(given.cells)
