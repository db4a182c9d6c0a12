"""Hot key first: transactions by falling popularity of their hottest key.

Contention-first ordering after Tian et al., Contention-Aware Lock Scheduling for Transactional Databases,
PVLDB 11, 2018: what blocks most others goes first. The paper schedules lock grants; here whole transactions
are admitted. Equals stay in the order in which they came.
"""

from random import Random

from interface import Given, heat, key_uses


def solve(given: Given, rng: Random) -> list[int]:
    """Return the transactions, the hottest first."""
    uses = key_uses(given)
    return sorted(range(len(given.transactions)), key=lambda index: -heat(given, uses, index))
