"""Arrival order: first come, first served, as a database without a scheduler admits transactions."""

from random import Random

from interface import Given, Observation


class Policy:
    """Take the oldest."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> int:
        """Return the first of the pending."""
        return 0
