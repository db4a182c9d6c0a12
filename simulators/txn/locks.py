"""The declared lock model, exactly: when a schedule of transactions is done.

Transactions are admitted in an order. An operation at position `p` of a transaction that starts at tick `s`
runs in tick `s + p - 1` and holds the lock of its key in that tick only: a write alone, reads together. A
transaction starts as early as it can, never before tick 1, so that each of its operations comes after every
conflicting operation of the transactions admitted before it, and once started it never waits. A later
transaction may run before an earlier one where they do not conflict.

This is the cost model of the case study in Cheng et al., Barbarians at the Gate (arXiv 2510.06189), which
takes it from Shortest Makespan First (Cheng et al., Towards Optimal Transaction Scheduling, VLDB 2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulators.txn.transaction import Transaction, key_count


class LockTable:
    """When each key was last used, while transactions are appended one by one.

    Not thread-safe; `append` is linear in the operations of the transaction.
    """

    __slots__ = ("last_any", "last_write", "makespan")

    def __init__(self, keys: int) -> None:
        """Start with no transaction over keys `0 .. keys - 1`."""
        self.last_any = [0] * keys
        """The last tick in which each key was read or written; 0 where it never was."""
        self.last_write = [0] * keys
        self.makespan = 0

    def start(self, transaction: Transaction) -> int:
        """Return the tick in which a transaction would start if it were appended now."""
        found = 1
        last_any, last_write = self.last_any, self.last_write
        for key, position, write in transaction.ops:
            earliest = (last_any[key] if write else last_write[key]) + 2 - position
            if earliest > found:
                found = earliest
        return found

    def append(self, transaction: Transaction) -> int:
        """Admit a transaction next, and return the tick in which it starts."""
        start = self.start(transaction)
        last_any, last_write = self.last_any, self.last_write
        for key, position, write in transaction.ops:
            tick = start + position - 1
            if tick > last_any[key]:
                last_any[key] = tick
            if write and tick > last_write[key]:
                last_write[key] = tick
        self.makespan = max(self.makespan, start + transaction.length - 1)
        return start


def makespan(transactions: Sequence[Transaction], order: Iterable[int]) -> int:
    """Return the tick in which the last transaction ends, if they are admitted in an order.

    Args:
        transactions: all of them.
        order: positions in `transactions`.
    """
    table = LockTable(key_count(transactions))
    for at in order:
        table.append(transactions[at])
    return table.makespan


def starts(transactions: Sequence[Transaction], order: Sequence[int]) -> list[int]:
    """Return the tick in which each transaction of an order starts, in that order."""
    table = LockTable(key_count(transactions))
    return [table.append(transactions[at]) for at in order]


def serial_ticks(transactions: Iterable[Transaction]) -> int:
    """Return the makespan of one after the other: no order takes longer.

    An operation never has to wait beyond the makespan so far, so each one appended adds its length at most.
    """
    return sum(each.length for each in transactions)
