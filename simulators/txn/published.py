"""The three published workload rules, regenerated from the statistics of their instances.

`hot_keys` is W1: 16 operations on different keys, a few of which nearly all transactions use. `orders` is W2,
in the manner of TPC-C: warehouses and their districts. `pairs` is W3: a read, some work, and a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from simulators.txn.transaction import Transaction, steps

HOT_OPS = 16
HOT_KEYS = 165
HOT_SHARES = (
    1.00, 1.00, 1.00, 1.00, 0.92, 0.86, 0.84, 0.77, 0.70, 0.63,
    0.51, 0.44, 0.43, 0.38, 0.31, 0.22, 0.16, 0.13, 0.09,
)  # fmt: skip
"""The share of the published transactions that use keys 1 to 19; the rest use a long tail of cold keys."""
HOT_WRITES = 0.555
PUBLISHED_POSITIONS: Mapping[int, float] = {
    3: 1.5, 4: 2.0, 5: 2.5, 17: 4.0, 14: 4.1, 10: 4.2, 6: 6.0, 11: 7.0, 7: 8.5, 1: 10.0,
    8: 11.7, 9: 11.8, 12: 12.8, 13: 12.9, 2: 13.0,
}  # fmt: skip
"""Where in a transaction the hot keys of the published instance stand, on average."""
JITTER = 0.7
"""Standard deviation of a hot key's place: small, so that the mean places come out in their order."""
_TAIL_EXPONENT = 0.75


def hot_keys(
    rng: Random,
    count: int,
    positions: Mapping[int, float] | None = None,
    writes: float = HOT_WRITES,
) -> list[Transaction]:
    """Draw transactions by rule W1.

    Args:
        rng: the only source of randomness.
        count: how many.
        positions: where in a transaction each hot key stands; by default each draw has places of its own.
        writes: the probability that an operation writes.
    """
    if positions is None:
        places = [1 + (HOT_OPS - 1) * rng.random() for _ in HOT_SHARES]
        positions = dict(enumerate(places, 1))
    cold = range(len(HOT_SHARES) + 1, HOT_KEYS + 1)
    weights = [1 / (1 + at) ** _TAIL_EXPONENT for at in range(len(cold))]
    found = []
    for _ in range(count):
        keys = [key for key, share in enumerate(HOT_SHARES, 1) if rng.random() < share][:HOT_OPS]
        while len(keys) < HOT_OPS:
            key = rng.choices(cold, weights)[0]
            if key not in keys:
                keys.append(key)
        place = {
            key: positions[key] + rng.gauss(0, JITTER) if key in positions else HOT_OPS * rng.random() + 0.5
            for key in keys
        }
        found.append(steps(*((key, rng.random() < writes) for key in sorted(keys, key=place.__getitem__))))
    return found


def orders(rng: Random, count: int, warehouses: int = 4) -> list[Transaction]:
    """Draw transactions by rule W2: half read a warehouse and change a district, half change both.

    Keys are as published: warehouses from 1, the ten districts of warehouse W from 10 W + 1.
    """
    found = []
    for at in range(count):
        warehouse = rng.randint(1, warehouses)
        district = 10 * warehouse + rng.randint(1, 10)
        if at % 2:
            found.append(
                steps((warehouse, False), (warehouse, True), (district, False), (district, True), None)
            )
        else:
            found.append(steps((warehouse, False), (district, False), (district, True), *[None] * 18))
    rng.shuffle(found)
    return found


def pairs(rng: Random, count: int, keys: int = 10, work: int = 7) -> list[Transaction]:
    """Draw transactions by rule W3: read one key, work, write a key of the other half."""
    half = keys // 2
    found = []
    for _ in range(count):
        sides = [rng.randint(1, half), rng.randint(half + 1, keys)]
        rng.shuffle(sides)
        found.append(steps((sides[0], False), *[None] * work, (sides[1], True)))
    return found
