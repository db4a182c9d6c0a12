"""Shortest Makespan First over all of the rest.

Cheng et al., Towards Optimal Transaction Scheduling, PVLDB 17, 2024, without sampling. Begins with a random
transaction. Then the one of the rest that adds least to the makespan is appended; ties are broken at random.
"""

from random import Random

from interface import Given, LockTable


def solve(given: Given, rng: Random) -> list[int]:
    """Return an order that was built one by one."""
    rest = list(range(len(given.transactions)))
    table, order = LockTable(), []
    while rest:
        added = [table.added(given.transactions[index]) for index in rest]
        least = min(added)
        equal = [index for index, ticks in zip(rest, added, strict=True) if ticks == least]
        chosen = rng.choice(equal if order else rest)
        table.append(given.transactions[chosen])
        rest.remove(chosen)
        order.append(chosen)
    return order
