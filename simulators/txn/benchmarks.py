"""Transactions in the manner of four benchmarks of the field, reduced to keys, positions and modes.

None is the benchmark itself: rows are keys, a tick is one operation, and reads of rows that are never written
take a tick without a lock. `None` stands for such a tick.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from random import Random

from simulators.txn.transaction import Transaction, steps

_DISTRICTS = 10
_CUSTOMERS = 30
_STOCK = 400
_ROWS = 1 << 16
"""Rows of one table have keys below this; tables follow each other."""

Step = tuple[int, bool] | None


class Zipf:
    """Draws `0 .. n - 1` with probability proportional to `1 / (1 + i) ** theta`."""

    def __init__(self, n: int, theta: float) -> None:
        """Add up the weights."""
        self._sums = list(itertools.accumulate(1 / (1 + at) ** theta for at in range(n)))

    def draw(self, rng: Random) -> int:
        """Return one number."""
        return bisect.bisect_left(self._sums, rng.random() * self._sums[-1])

    def distinct(self, rng: Random, count: int) -> list[int]:
        """Return some different numbers, in the order in which they were drawn first."""
        found: dict[int, None] = {}
        while len(found) < min(count, len(self._sums)):
            found[self.draw(rng)] = None
        return list(found)


def tpcc(rng: Random, count: int, warehouses: int = 2) -> list[Transaction]:
    """Draw the five transactions of TPC-C in its mix (revision 5.11, clause 5.2.3): 45, 43, 4, 4, 4 %.

    New Order reads a warehouse, counts up a district, and reads and writes the stock of 5 to 15 items, 1 % of
    them in another warehouse. Payment writes warehouse, district and customer. Order Status and Stock Level
    read. Delivery writes a customer and the queue of new orders of all ten districts.
    """
    makers = (_new_order, _payment, _order_status, _delivery, _stock_level)
    chosen = rng.choices(makers, (45, 43, 4, 4, 4), k=count)
    return [steps(*make(rng, rng.randrange(warehouses), warehouses)) for make in chosen]


def _row(table: int, warehouse: int, row: int = 0) -> int:
    return table * _ROWS + warehouse * 1000 + row


def _warehouse(at: int) -> int:
    return _row(0, at)


def _district(warehouse: int, at: int) -> int:
    return _row(1, warehouse, at)


def _customer(rng: Random, warehouse: int, district: int) -> int:
    return _row(2, warehouse, district * _CUSTOMERS + rng.randrange(_CUSTOMERS))


def _stock(warehouse: int, item: int) -> int:
    return _row(3, warehouse, item)


def _queue(warehouse: int, district: int) -> int:
    return _row(4, warehouse, district)


def _new_order(rng: Random, home: int, warehouses: int) -> list[Step]:
    district = rng.randrange(_DISTRICTS)
    found: list[Step] = [(_warehouse(home), False), (_customer(rng, home, district), False)]
    found += [(_district(home, district), False), (_district(home, district), True)]
    found += [(_queue(home, district), True)]
    for item in rng.sample(range(_STOCK), rng.randint(5, 15)):
        source = rng.randrange(warehouses) if rng.random() < 0.01 else home
        found += [None, (_stock(source, item), False), (_stock(source, item), True), None]
    return found


def _payment(rng: Random, home: int, warehouses: int) -> list[Step]:
    district = rng.randrange(_DISTRICTS)
    customer = _customer(rng, rng.randrange(warehouses) if rng.random() < 0.15 else home, district)
    rows = (_warehouse(home), _district(home, district), customer)
    return [*((row, write) for row in rows for write in (False, True)), None]


def _order_status(rng: Random, home: int, warehouses: int) -> list[Step]:
    return [(_customer(rng, home, rng.randrange(_DISTRICTS)), False), *[None] * 11]


def _delivery(rng: Random, home: int, warehouses: int) -> list[Step]:
    found: list[Step] = []
    for district in range(_DISTRICTS):
        found += [(_queue(home, district), True), None, (_customer(rng, home, district), True)]
    return found


def _stock_level(rng: Random, home: int, warehouses: int) -> list[Step]:
    rows = sorted(rng.sample(range(_STOCK), 15))
    return [
        (_district(home, rng.randrange(_DISTRICTS)), False),
        *((_stock(home, row), False) for row in rows),
    ]


def ycsb(
    rng: Random, count: int, theta: float = 0.9, writes: float = 0.5, keys: int = 1000, ops: int = 10
) -> list[Transaction]:
    """Draw transactions of YCSB rows: different zipfian keys, read or updated (Cooper et al., SoCC 2010)."""
    law = Zipf(keys, theta)
    return [steps(*((key, rng.random() < writes) for key in law.distinct(rng, ops))) for _ in range(count)]


def smallbank(
    rng: Random, count: int, hot: int = 10, hot_share: float = 0.9, customers: int = 200
) -> list[Transaction]:
    """Draw the transactions of SmallBank with Send Payment (Alomari et al., ICDE 2008).

    Customer `c` has the keys `2 c` (savings) and `2 c + 1` (checking); `hot_share` of all accesses go to the
    first `hot` customers. 25 % are Send Payment, the other five kinds 15 % each; all end with a tick of work.
    """
    found = []
    for kind in rng.choices(range(6), (15, 15, 15, 25, 15, 15), k=count):
        one = other = _pick_customer(rng, hot, hot_share, customers)
        while other == one:
            other = _pick_customer(rng, hot, hot_share, customers)
        found.append(steps(*_bank(kind, one, other), None))
    return found


def _pick_customer(rng: Random, hot: int, hot_share: float, customers: int) -> int:
    return rng.randrange(hot) if rng.random() < hot_share else rng.randrange(hot, customers)


def _bank(kind: int, one: int, other: int) -> list[Step]:
    savings, checking, theirs = 2 * one, 2 * one + 1, 2 * other + 1
    match kind:
        case 0:  # Amalgamate: all of one customer's money to another's checking account
            return [(savings, False), (checking, False), (savings, True), (checking, True), *_update(theirs)]
        case 1:  # Balance
            return [(savings, False), (checking, False)]
        case 2:  # Deposit Checking
            return _update(checking)
        case 3:  # Send Payment
            return [*_update(checking), *_update(theirs)]
        case 4:  # Transact Savings
            return _update(savings)
        case _:  # Write Check
            return [(savings, False), *_update(checking)]


def _update(key: int) -> list[Step]:
    return [(key, False), (key, True)]


def taobench(
    rng: Random, count: int, objects: int = 300, theta: float = 0.8, writes: float = 0.35
) -> list[Transaction]:
    """Draw reads and writes of a social graph, in the manner of TAOBench (Cheng et al., VLDB 2022).

    A read fans out over 4 to 20 objects and edges; a write changes 1 to 4, an object before its edges. Keys
    that are read often are not those that are written often: the two rankings are drawn apart.
    """
    law = Zipf(objects, theta)
    read_rank, write_rank = list(range(objects)), list(range(objects))
    rng.shuffle(read_rank)
    rng.shuffle(write_rank)
    return [
        steps(
            *_graph_write(rng, law, write_rank) if rng.random() < writes else _graph_read(rng, law, read_rank)
        )
        for _ in range(count)
    ]


def _graph_read(rng: Random, law: Zipf, rank: Sequence[int]) -> list[Step]:
    return [(rank[at], False) for at in law.distinct(rng, rng.randint(4, 20))]


def _graph_write(rng: Random, law: Zipf, rank: Sequence[int]) -> list[Step]:
    found: list[Step] = []
    for at in law.distinct(rng, rng.randint(1, 4)):
        found += [None, (rank[at], True)]
    return found
