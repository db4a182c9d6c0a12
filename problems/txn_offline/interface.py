"""What a solver may use: the transactions, and the lock model that orders of them are scored by.

A solver is a function `solve(given, rng) -> list[int]`: each of `0 .. n - 1` once, in the order in which the
transactions are admitted. A tick is the time of one operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Transaction = tuple[int, tuple[tuple[int, int, bool], ...]]
"""`(length_ticks, operations)`; an operation is `(key, position, write)`, its position counted from 1."""


class Given(NamedTuple):
    """All there is to know."""

    transactions: tuple[Transaction, ...]
    """In the order of arrival; a transaction is known by its index."""


class LockTable:
    """The lock model: append transactions one by one and see when they start."""

    def __init__(self) -> None:
        """Start with an empty schedule."""
        self.makespan_ticks = 0
        self._any: dict[int, int] = {}
        self._write: dict[int, int] = {}

    def copy(self) -> LockTable:
        """Return a table to try things on."""
        other = LockTable()
        other.makespan_ticks = self.makespan_ticks
        other._any, other._write = self._any.copy(), self._write.copy()
        return other

    def start(self, transaction: Transaction) -> int:
        """Return the tick in which a transaction would start if it were appended now."""
        start = 1
        for key, position, write in transaction[1]:
            last = (self._any if write else self._write).get(key, 0)
            if last + 2 - position > start:
                start = last + 2 - position
        return start

    def added(self, transaction: Transaction) -> int:
        """Return how much appending a transaction now adds to the makespan."""
        return max(0, self.start(transaction) + transaction[0] - 1 - self.makespan_ticks)

    def append(self, transaction: Transaction) -> int:
        """Append a transaction, and return the tick in which it starts."""
        start = self.start(transaction)
        for key, position, write in transaction[1]:
            tick = start + position - 1
            if tick > self._any.get(key, 0):
                self._any[key] = tick
            if write and tick > self._write.get(key, 0):
                self._write[key] = tick
        end = start + transaction[0] - 1
        if end > self.makespan_ticks:
            self.makespan_ticks = end
        return start


def makespan_ticks(given: Given, order: Sequence[int]) -> int:
    """Return when the last transaction of an order ends; the order may be a part of all."""
    table = LockTable()
    for index in order:
        table.append(given.transactions[index])
    return table.makespan_ticks


def length_ticks(given: Given, index: int) -> int:
    """Return how long a transaction runs once it has started."""
    return given.transactions[index][0]


def writes(given: Given, index: int) -> int:
    """Return how many operations of a transaction write."""
    return sum(write for _, _, write in given.transactions[index][1])


def key_uses(given: Given) -> dict[int, int]:
    """Return how many transactions use each key."""
    uses: dict[int, int] = {}
    for _, ops in given.transactions:
        for key in {key for key, _, _ in ops}:
            uses[key] = uses.get(key, 0) + 1
    return uses


def heat(given: Given, uses: dict[int, int], index: int) -> int:
    """Return how many transactions use the hottest key of a transaction; `uses` is from `key_uses`."""
    return max((uses[key] for key, _, _ in given.transactions[index][1]), default=0)


def first_write_position(given: Given, index: int) -> int:
    """Return the position of a transaction's first write, or its length where it writes nothing."""
    ops = given.transactions[index][1]
    return min((position for _, position, write in ops if write), default=given.transactions[index][0])


def cheapest_next(given: Given, table: LockTable, rest: Sequence[int]) -> int:
    """Return the index, among the rest, of a transaction that adds least to the makespan."""
    return min(rest, key=lambda index: table.added(given.transactions[index]))


def moved(order: Sequence[int], source: int, target: int) -> list[int]:
    """Return the order with the transaction at one place taken to another."""
    other = list(order)
    other.insert(target, other.pop(source))
    return other
