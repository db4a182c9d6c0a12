"""A random order: the anchor that the published numbers are compared with."""

from random import Random

from interface import Given, Observation


class Policy:
    """Take any."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep the random numbers."""
        self.rng = rng

    def step(self, obs: Observation) -> int:
        """Return any of the pending."""
        return self.rng.randrange(len(obs.pending))
