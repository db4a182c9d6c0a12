"""What an order costs under ordered two-phase locking: locks are kept to the commit, and operations wait.

Every transaction asks for all of its locks in the order of admission, so nothing deadlocks (Thomson et al.,
Calvin, SIGMOD 2012); it runs until an operation needs a key that an earlier transaction still holds, waits
there, and lets go of everything when it commits. `release="operation"` lets go of a lock after each operation
instead. Neither is what is scored; both say how far the declared model is from a lock manager.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from simulators.txn.transaction import Transaction

Release = Literal["commit", "operation"]


def ordered_makespan(
    transactions: Sequence[Transaction], order: Sequence[int], release: Release = "commit"
) -> int:
    """Return the tick in which the last transaction commits."""
    return max(commit_ticks(transactions, order, release), default=0)


def commit_ticks(
    transactions: Sequence[Transaction], order: Sequence[int], release: Release = "commit"
) -> list[int]:
    """Return the tick in which each transaction of an order commits, in that order."""
    last_any: dict[int, int] = {}
    last_write: dict[int, int] = {}
    commits = []
    for at in order:
        ticks, commit = _run(transactions[at], last_any, last_write, release)
        for (key, _, _), tick, write in zip(
            transactions[at].ops, ticks, lock_modes(transactions[at], release), strict=True
        ):
            freed = commit if release == "commit" else tick
            last_any[key] = max(last_any.get(key, 0), freed)
            if write:
                last_write[key] = max(last_write.get(key, 0), freed)
        commits.append(commit)
    return commits


def lock_modes(transaction: Transaction, release: Release) -> list[bool]:
    """Return for each operation whether its lock is exclusive.

    A lock that is kept to the commit is exclusive from the first operation on if the key is written at all.
    """
    if release == "operation":
        return [op.write for op in transaction.ops]
    written = {op.key for op in transaction.ops if op.write}
    return [op.key in written for op in transaction.ops]


def _run(
    transaction: Transaction, last_any: dict[int, int], last_write: dict[int, int], release: Release
) -> tuple[list[int], int]:
    ticks: list[int] = []
    clock = done = 0
    for (key, position, _), write in zip(transaction.ops, lock_modes(transaction, release), strict=True):
        clock += position - done
        done = position
        clock = max(clock, (last_any if write else last_write).get(key, 0) + 1)
        ticks.append(clock)
    return ticks, clock + transaction.length - done
