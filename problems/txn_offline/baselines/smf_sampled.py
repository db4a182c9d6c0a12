"""Shortest Makespan First on a sample (Cheng et al., Towards Optimal Transaction Scheduling, PVLDB 17, 2024).

Begins with a random transaction. Then ten of the rest are looked at, and the one that adds least to the
makespan is appended; ties are broken at random.
"""

from random import Random

from interface import Given, LockTable

SAMPLE = 10


def solve(given: Given, rng: Random) -> list[int]:
    """Return an order that was built one by one."""
    rest = list(range(len(given.transactions)))
    table, order = LockTable(), []
    while rest:
        sample = rng.sample(rest, min(SAMPLE, len(rest)) if order else 1)
        added = [table.added(given.transactions[index]) for index in sample]
        least = min(added)
        chosen = rng.choice([index for index, ticks in zip(sample, added, strict=True) if ticks == least])
        table.append(given.transactions[chosen])
        rest.remove(chosen)
        order.append(chosen)
    return order
