"""A makespan that no order of the transactions can pass: the longest chain of locks on one key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulators.txn.transaction import Transaction


class Hold(NamedTuple):
    """What one transaction needs of one key."""

    head: int
    """Ticks of the transaction before its first operation on the key."""
    ticks: int
    """Ticks in which no other transaction may write the key; 1 for a reader."""
    tail: int
    """Ticks of the transaction after the hold."""
    write: bool
    leading_read: bool
    """Whether a reader may share its first tick."""


class Chain(NamedTuple):
    """The bound and what it comes from."""

    ticks: int
    key: int
    """The key whose locks give the bound, or -1 where it is the longest transaction."""
    holds: int
    """How many transactions use that key."""


def lock_chain(transactions: Sequence[Transaction]) -> Chain:
    """Return a lower bound on the makespan of every order.

    A transaction that writes a key keeps other writers of it away from its first operation on the key to
    its last write of it, and two such holds are disjoint, because conflicting operations follow the order.
    Transactions that only read share one tick, which counts unless it can hide in a writer that reads
    first. Before the first hold and after the last its transaction has a head and a tail of its own.
    """
    holds: dict[int, list[Hold]] = {}
    for each in transactions:
        for key in {op.key for op in each.ops}:
            holds.setdefault(key, []).append(_hold(each, key))
    longest = max((each.length for each in transactions), default=0)
    best = Chain(longest, -1, 0)
    for key, found in sorted(holds.items()):
        ticks = _chain(found)
        if ticks > best.ticks:
            best = Chain(ticks, key, len(found))
    return best


def _hold(transaction: Transaction, key: int) -> Hold:
    positions = [op.position for op in transaction.ops if op.key == key]
    writes = [op.position for op in transaction.ops if op.key == key and op.write]
    first = min(positions)
    last = max(writes) if writes else first
    leading = bool(writes) and first < min(writes)
    return Hold(first - 1, last - first + 1, transaction.length - last, bool(writes), leading)


def _chain(holds: Sequence[Hold]) -> int:
    writers = [hold for hold in holds if hold.write]
    readers = [hold for hold in holds if not hold.write]
    counted = writers
    ticks = sum(hold.ticks for hold in writers)
    if readers and not any(hold.leading_read for hold in writers):
        counted = writers + readers
        ticks += 1
    ends = _least_ends(counted) if len(writers) + (counted is not writers) > 1 else 0
    return ticks + ends


def _least_ends(holds: Sequence[Hold]) -> int:
    """Return the least head and tail of two different holds: the first of a chain is not its last."""
    heads = sorted((hold.head, at) for at, hold in enumerate(holds))[:2]
    tails = sorted((hold.tail, at) for at, hold in enumerate(holds))[:2]
    return min(head + tail for head, one in heads for tail, other in tails if one != other)
