"""Validate the declared lock model against threads under two-phase locking, in real time.

`python problems/txn_scheduling/tests/lock_manager.py` runs 40 transactions of each rule in 20 orders: ticks
of the declared model; of threads that let go of a lock after each operation and may wait in the middle; of
threads under strict two-phase locking; and of the latter by a wall clock, with ticks of 5 ms. Then how far
the orders rank alike (Spearman) in the first and in each of the other three.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from scipy.stats import spearmanr

from simulators.txn import (
    PUBLISHED_POSITIONS,
    Transaction,
    execute,
    hot_keys,
    makespan,
    orders,
    pairs,
    shortest_makespan_first,
    smallbank,
    tpcc,
    ycsb,
)

TICK_S = 0.005
COUNT = 40
RULES = {
    "W1 hot keys": lambda rng: hot_keys(rng, COUNT, PUBLISHED_POSITIONS),
    "W2 orders": lambda rng: orders(rng, COUNT),
    "W3 pairs": lambda rng: pairs(rng, COUNT),
    "TPC-C-like": lambda rng: tpcc(rng, COUNT),
    "YCSB-like": lambda rng: ycsb(rng, COUNT),
    "SmallBank-like": lambda rng: smallbank(rng, COUNT),
}


def tried(some: Sequence[Transaction], rng: random.Random) -> Iterator[list[int]]:
    """Yield orders of every quality: random ones, sampled and full Shortest Makespan First."""
    yield from (rng.sample(range(len(some)), len(some)) for _ in range(10))
    yield from (shortest_makespan_first(some, rng, k) for k in (2, 2, 4, 4, 10, 10, 20, 20, None, None))


def main() -> None:
    """Print a line for each rule."""
    print(f"{'':16}{'declared':>10}{'early':>8}{'2PL':>8}{'wall':>8}{'rank early':>12}{'2PL':>8}{'wall':>8}")
    for name, make in RULES.items():
        rng = random.Random(1)
        some = make(rng)
        found = []
        for order in tried(some, rng):
            early, strict = execute(some, order, "operation"), execute(some, order, "commit", TICK_S)
            found.append((makespan(some, order), early.makespan, strict.makespan, strict.wall_s / TICK_S))
        declared, *others = zip(*found, strict=True)
        means = "".join(f"{sum(column) / len(column):8.1f}" for column in (declared, *others))
        ranks = "".join(f"{spearmanr(declared, column).statistic:8.2f}" for column in others)
        print(f"{name:18}{means}    {ranks}", flush=True)


if __name__ == "__main__":
    main()
