"""Pick the next transaction among those that are pending."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
class Policy:
    """Arrival order: the transaction that has waited longest."""

    def __init__(self, given: Given, rng: Random) -> None:
        self.given = given

    def step(self, obs: Observation) -> Index:
        best_index: Index = oldest(obs)
        for index in range(len(obs.pending)):
            if rank_ticks(obs, index) < rank_ticks(obs, best_index):
                best_index = index
        return best_index


def rank_ticks(obs: Observation, index: Index) -> float:
    """Say how late a pending transaction should come, as a tick; the lowest comes next."""
    return -1.0 * waited(obs, index)


# EVOLVE-BLOCK-END
