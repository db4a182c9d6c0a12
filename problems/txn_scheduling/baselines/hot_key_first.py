"""Hot key first: the pending transaction whose hottest key most of the pending use.

Contention-first ordering after Tian et al., Contention-Aware Lock Scheduling for Transactional Databases,
PVLDB 11, 2018: what blocks most others goes first. The paper schedules lock grants; here whole transactions
are admitted. Ties are broken by the number of conflicts, then by age.
"""

from random import Random

from interface import Given, Observation


class Policy:
    """Take the hottest."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> int:
        """Return the hottest of the pending."""
        return max(range(len(obs.heat)), key=lambda index: (obs.heat[index], obs.conflicts[index], -index))
