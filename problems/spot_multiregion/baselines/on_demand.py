"""On-demand machines only: the cost that everybody can have."""

from random import Random

from interface import Action, Given, Observation, on_demand


class Policy:
    """Launch an on-demand machine at once and keep it."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        return on_demand(obs)
