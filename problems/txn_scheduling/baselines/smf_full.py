"""Shortest Makespan First over all that are pending.

Cheng et al., Towards Optimal Transaction Scheduling, PVLDB 17, 2024, without sampling. Begins with a random
transaction. Then the pending one that adds least to the makespan is appended; ties are broken at random.
"""

from random import Random

from interface import Given, Observation, added_ticks


class Policy:
    """Take one that adds least."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep the random numbers."""
        self.rng = rng

    def step(self, obs: Observation) -> int:
        """Return one that adds least among all that are pending."""
        places = range(len(obs.pending))
        if obs.step == 0:
            return self.rng.choice(places)
        least = min(added_ticks(obs, index) for index in places)
        return self.rng.choice([index for index in places if added_ticks(obs, index) == least])
