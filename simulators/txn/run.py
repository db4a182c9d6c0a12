"""A scheduler that sees a few pending transactions at a time and appends one of them.

A closed loop of clients: `pool` transactions are pending; when one is appended to the schedule, the next of
the stream takes its place. What comes later is not seen.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

from simulators.txn.locks import LockTable
from simulators.txn.transaction import Transaction, conflict_masks, key_count


class OutOfRange(Exception):
    """The scheduler chose a place at which no transaction is pending."""


class View(NamedTuple):
    """What is told before each choice; tuples are over the pending transactions, the oldest first."""

    step: int
    """How many have been appended."""
    left: int
    """How many have not, pending ones included."""
    makespan_ticks: int
    """Of those appended."""
    pending: tuple[int, ...]
    """Their numbers in the stream."""
    waited: tuple[int, ...]
    """For how many choices each has been pending."""
    start_ticks: tuple[int, ...]
    """When each would start if it were appended now."""
    length_ticks: tuple[int, ...]
    gap_ticks: tuple[int, ...]
    """How long its keys would have stood idle since a conflicting operation, all of them together."""
    writes: tuple[int, ...]
    """How many operations of it write."""
    conflicts: tuple[int, ...]
    """With how many other pending transactions it conflicts."""
    heat: tuple[int, ...]
    """How many pending transactions use the key of it that most of them use, itself included."""
    arrived: tuple[Transaction, ...]
    """Transactions that were not pending before the last choice: the last ones of `pending`."""


class Outcome(NamedTuple):
    """A finished schedule, and how its choices were made."""

    order: list[int]
    makespan: int
    greedy: int
    """Choices that added no more to the makespan than any other would have."""
    passed: float
    """The mean over all choices of the share of pending transactions that were older than the chosen."""


def run(transactions: Sequence[Transaction], pool: int) -> Generator[View, int, Outcome]:
    """Yield what is seen, take a place among the pending, and return the schedule.

    Args:
        transactions: the stream, in the order of arrival; at least one.
        pool: how many are pending at a time.

    Raises:
        OutOfRange: the chosen place holds no transaction.
    """
    stream = _Stream(transactions, pool)
    while len(stream.order) < len(transactions):
        view = stream.look()
        place = yield view
        if place >= len(stream.pending):
            raise OutOfRange(f"place {place} was chosen; places 0 to {len(stream.pending) - 1} are pending")
        stream.choose(place, view)
    return stream.outcome()


class _Stream:
    """A stream of transactions, those of it that are pending, and the schedule so far."""

    def __init__(self, transactions: Sequence[Transaction], pool: int) -> None:
        self._transactions = transactions
        self._pool = pool
        self._table = LockTable(key_count(transactions))
        self._masks = conflict_masks(transactions)
        self._users = [0] * key_count(transactions)
        """How many of the pending use each key."""
        self._keys = [tuple({op.key for op in each.ops}) for each in transactions]
        self._writes = [sum(op.write for op in each.ops) for each in transactions]
        self._since: dict[int, int] = {}
        self._greedy = 0
        self._passed = 0.0
        self._arrived = 0
        self.pending: list[int] = []
        self.order: list[int] = []

    def look(self) -> View:
        """Let transactions arrive, and return what is seen then."""
        step, some = len(self.order), self._transactions
        fresh = range(self._arrived, min(len(some), step + self._pool))
        for at in fresh:
            self._count(at, 1)
            self._since[at] = step
        self._arrived = fresh.stop
        self.pending += fresh
        pending = self.pending
        here = sum([1 << at for at in pending])
        start_ticks, gap_ticks, heat = zip(*map(self._examine, pending), strict=True)
        return View(
            step=step,
            left=len(some) - step,
            makespan_ticks=self._table.makespan,
            pending=tuple(pending),
            waited=tuple([step - self._since[at] for at in pending]),
            start_ticks=start_ticks,
            length_ticks=tuple([some[at].length for at in pending]),
            gap_ticks=gap_ticks,
            writes=tuple([self._writes[at] for at in pending]),
            conflicts=tuple([(self._masks[at] & here).bit_count() for at in pending]),
            heat=heat,
            arrived=tuple([some[at] for at in fresh]),
        )

    def choose(self, place: int, view: View) -> None:
        """Append the transaction at a place, and note what kind of choice it was."""
        now = self._table.makespan + 1
        ends = [start + length for start, length in zip(view.start_ticks, view.length_ticks, strict=True)]
        self._greedy += max(ends[place], now) == max(min(ends), now)
        self._passed += place / max(1, len(view.pending) - 1)
        chosen = self.pending.pop(place)
        self._count(chosen, -1)
        self._table.append(self._transactions[chosen])
        self.order.append(chosen)

    def outcome(self) -> Outcome:
        """Return the finished schedule."""
        mean = self._passed / len(self.order)
        return Outcome(self.order, self._table.makespan, self._greedy, mean)

    def _count(self, at: int, change: int) -> None:
        for key in self._keys[at]:
            self._users[key] += change

    def _examine(self, at: int) -> tuple[int, int, int]:
        """Return start, gap and heat of a pending transaction, in one pass: most of a run is spent here."""
        ops = self._transactions[at].ops
        last_any, last_write, users = self._table.last_any, self._table.last_write, self._users
        latest, between, heat = -1, 0, 0
        for key, position, write in ops:
            after = (last_any[key] if write else last_write[key]) - position
            between -= after
            if after > latest:
                latest = after
            if users[key] > heat:
                heat = users[key]
        start = latest + 2
        return start, between + len(ops) * (start - 2), heat
