"""Shortest Makespan First on a sample (Cheng et al., Towards Optimal Transaction Scheduling, PVLDB 17, 2024).

Begins with a random transaction. Then ten of the pending are looked at, and the one that adds least to the
makespan is appended; ties are broken at random.
"""

from random import Random

from interface import Given, Observation, added_ticks

SAMPLE = 10


class Policy:
    """Look at ten, take the one that adds least."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep the random numbers."""
        self.rng = rng

    def step(self, obs: Observation) -> int:
        """Return one that adds least among the sampled."""
        places = range(len(obs.pending))
        if obs.step == 0:
            return self.rng.choice(places)
        sample = self.rng.sample(places, min(SAMPLE, len(places)))
        least = min(added_ticks(obs, index) for index in sample)
        return self.rng.choice([index for index in sample if added_ticks(obs, index) == least])
