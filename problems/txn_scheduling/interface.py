"""What a scheduler may use: what it is given, what it observes, and helpers to read both.

A scheduler is a class `Policy(given, rng)` with `step(obs) -> Index`: the index of the pending transaction
that is appended to the schedule. A tick is the time of one operation. Every tuple of an observation has one
entry per pending transaction, the oldest first, and is never empty.
"""

from __future__ import annotations

from typing import NamedTuple

Index = int
"""A place among the pending transactions, from 0."""
Transaction = tuple[int, tuple[tuple[int, int, bool], ...]]
"""`(length_ticks, operations)`; an operation is `(key, position, write)`, its position counted from 1."""


class Given(NamedTuple):
    """What is told once, at the start."""

    transactions: int
    """How many there are in all."""
    pool: int
    """How many are pending at a time, until the stream ends."""


class Observation(NamedTuple):
    """What is told before each choice."""

    step: int
    """How many transactions have been appended."""
    left: int
    """How many have not, pending ones included."""
    makespan_ticks: int
    """Of the schedule so far."""
    pending: tuple[int, ...]
    """Numbers of the pending transactions in the stream."""
    waited: tuple[int, ...]
    """For how many choices each has been pending."""
    start_ticks: tuple[int, ...]
    """When each would start if it were appended now."""
    length_ticks: tuple[int, ...]
    gap_ticks: tuple[int, ...]
    """How long its keys would have stood idle since a conflicting operation, all of them together."""
    writes: tuple[int, ...]
    """How many of its operations write."""
    conflicts: tuple[int, ...]
    """With how many other pending transactions it conflicts."""
    heat: tuple[int, ...]
    """How many pending transactions use the key of it that most of them use, itself included."""
    arrived: tuple[Transaction, ...]
    """The transactions that were not pending before the last choice: the last ones of `pending`."""


# What appending a pending transaction would do


def end_ticks(obs: Observation, index: Index) -> int:
    """Return when a pending transaction would end if it were appended now."""
    return obs.start_ticks[index] + obs.length_ticks[index] - 1


def added_ticks(obs: Observation, index: Index) -> int:
    """Return how much appending a pending transaction now adds to the makespan."""
    return max(0, end_ticks(obs, index) - obs.makespan_ticks)


def room_ticks(obs: Observation, index: Index) -> int:
    """Return how long before the end of the schedule a pending transaction would end; negative beyond it."""
    return obs.makespan_ticks - end_ticks(obs, index)


def start_share(obs: Observation, index: Index) -> float:
    """Return where in the schedule a pending transaction would start: 0 at its begin, 1 at its end."""
    return obs.start_ticks[index] / max(1, obs.makespan_ticks)


def gap_per_write(obs: Observation, index: Index) -> float:
    """Return the idle ticks that a pending transaction leaves on its keys, for each of its writes."""
    return obs.gap_ticks[index] / (1 + obs.writes[index])


# The pending transactions


def count(obs: Observation) -> int:
    """Return how many transactions are pending."""
    return len(obs.pending)


def waited(obs: Observation, index: Index) -> int:
    """Return for how many choices a pending transaction has waited."""
    return obs.waited[index]


def conflict_share(obs: Observation, index: Index) -> float:
    """Return the share of the other pending transactions that a pending transaction conflicts with."""
    return obs.conflicts[index] / max(1, len(obs.pending) - 1)


def heat_share(obs: Observation, index: Index) -> float:
    """Return the share of pending transactions that use the hottest key of a pending transaction."""
    return obs.heat[index] / len(obs.pending)


def write_share(obs: Observation, index: Index) -> float:
    """Return the writes of a pending transaction as a share of its length."""
    return obs.writes[index] / obs.length_ticks[index]


def mean_length_ticks(obs: Observation) -> float:
    """Return the mean length of the pending transactions."""
    return sum(obs.length_ticks) / len(obs.length_ticks)


def progress(given: Given, obs: Observation) -> float:
    """Return the share of all transactions that have been appended."""
    return obs.step / given.transactions


# Choices


def oldest(obs: Observation) -> Index:
    """Return the index of the transaction that has been pending longest."""
    return 0


def earliest_start(obs: Observation) -> Index:
    """Return the index of the pending transaction that would start first."""
    return min(range(len(obs.start_ticks)), key=obs.start_ticks.__getitem__)


def earliest_end(obs: Observation) -> Index:
    """Return the index of the pending transaction that would end first."""
    return min(range(len(obs.start_ticks)), key=lambda index: end_ticks(obs, index))


def hottest(obs: Observation) -> Index:
    """Return the index of the pending transaction that uses the hottest key."""
    return max(range(len(obs.heat)), key=obs.heat.__getitem__)


class LockTable:
    """The lock model itself, to look further ahead: append transactions and see when they start.

    A candidate's own copy; changing it changes nothing of the schedule.
    """

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
            start = max(start, last + 2 - position)
        return start

    def append(self, transaction: Transaction) -> int:
        """Append a transaction, and return the tick in which it starts."""
        start = self.start(transaction)
        for key, position, write in transaction[1]:
            tick = start + position - 1
            self._any[key] = max(self._any.get(key, 0), tick)
            if write:
                self._write[key] = max(self._write.get(key, 0), tick)
        self.makespan_ticks = max(self.makespan_ticks, start + transaction[0] - 1)
        return start
