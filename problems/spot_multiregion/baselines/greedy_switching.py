"""Greedy over several zones: stay while the zone has spot machines, otherwise move to the first that has.

This is what the multi-region case study of ADRS (arXiv 2510.06189) calls the naive way.
"""

from random import Random

from interface import Action, Given, Observation, first_available, is_available, spot


class Policy:
    """Take spot anywhere."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        return spot(obs, obs.zone if is_available(obs, obs.zone) else first_available(obs))
