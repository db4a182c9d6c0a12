"""Move nothing."""

from interface import Given


def solve(given: Given, rng):
    """Return the current placement."""
    return list(given.current)
