"""Validate the declared lock model against threads under two-phase locking, in real time.

`python problems/txn_scheduling/tests/lock_manager.py` runs the three published rules in ten orders each: computed
ticks of the declared model, ticks of the threads under strict two-phase locking, and what a wall clock says of
them with ticks of 2 ms; then how the orders rank in one and in the other.
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

TICK_S = 0.002
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
    print(f"{'':16}{'declared':>10}{'2PL ticks':>10}{'wall ticks':>11}{'rank, 2PL':>11}{'rank, wall':>11}")
    for name, make in RULES.items():
        rng = random.Random(1)
        some = make(rng)
        found = []
        for order in tried(some, rng):
            done = execute(some, order, "commit", TICK_S)
            found.append((makespan(some, order), done.makespan, done.wall_s / TICK_S))
        declared, ticks, wall = zip(*found, strict=True)
        means = [sum(column) / len(column) for column in (declared, ticks, wall)]
        ranks = [spearmanr(declared, column).statistic for column in (ticks, wall)]
        print(f"{name:16}{means[0]:10.1f}{means[1]:10.1f}{means[2]:11.1f}{ranks[0]:11.2f}{ranks[1]:11.2f}")


if __name__ == "__main__":
    main()
