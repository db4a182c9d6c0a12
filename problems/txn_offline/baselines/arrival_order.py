"""Arrival order: first come, first served, as a database without a scheduler admits transactions."""

from random import Random

from interface import Given


def solve(given: Given, rng: Random) -> list[int]:
    """Return the transactions as they came."""
    return list(range(len(given.transactions)))
