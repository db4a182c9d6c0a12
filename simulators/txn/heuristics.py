"""Orders by the published heuristics, with every transaction in view.

Shortest Makespan First: Cheng et al., Towards Optimal Transaction Scheduling, VLDB 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from simulators.txn.locks import LockTable, makespan
from simulators.txn.transaction import Transaction, key_count


def shortest_makespan_first(
    transactions: Sequence[Transaction], rng: Random, sample: int | None = None
) -> list[int]:
    """Return an order: first any transaction, then always one that adds least to the makespan.

    Args:
        transactions: all of them.
        rng: picks the first, the sample, and among equals.
        sample: how many of the rest are looked at in each step; None for all.
    """
    rest = list(range(len(transactions)))
    table = LockTable(key_count(transactions))
    order: list[int] = []
    while rest:
        looked = rest if sample is None or sample >= len(rest) else rng.sample(rest, sample)
        if not order:
            looked = rest[:1] if len(rest) == 1 else [rng.choice(rest)]
        added = [
            (max(table.makespan, table.start(transactions[at]) + transactions[at].length - 1), at)
            for at in looked
        ]
        least = min(added)[0]
        chosen = rng.choice([at for ticks, at in added if ticks == least])
        table.append(transactions[chosen])
        rest.remove(chosen)
        order.append(chosen)
    return order


def improve(transactions: Sequence[Transaction], order: Sequence[int], rng: Random, tries: int) -> list[int]:
    """Return an order no worse than the given one, by taking one transaction at a time to another place.

    Args:
        transactions: all of them.
        order: where to begin.
        rng: picks what moves and where to.
        tries: how many moves are tried; one costs a whole evaluation.
    """
    best = list(order)
    least = makespan(transactions, best)
    for _ in range(tries):
        other = list(best)
        other.insert(rng.randrange(len(best)), other.pop(rng.randrange(len(best))))
        ticks = makespan(transactions, other)
        if ticks <= least:
            best, least = other, ticks
    return best
