"""Greedy (Wu et al., Can't Be Late, NSDI 2024, section 4): spot when there is some, otherwise wait.

On demand is used only when the deadline forces it, which is what the safety net does. Stays in its zone.
"""

from random import Random

from interface import Action, Given, Observation, spot


class Policy:
    """Take what the job's zone has."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        return spot(obs, obs.zone)
