"""A small lock manager with a thread per transaction: what the models are checked against.

Every transaction is a real thread. Lock requests are queued per key in the order of admission; a thread
blocks on a condition variable until every conflicting request before its own has been released. Each thread
keeps its own clock in ticks and takes over that of whoever it waited for, so that the makespan does not
depend on how the machine schedules threads. With `tick_s` a tick also takes that long in real time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.txn.ordered import Release, lock_modes
from simulators.txn.transaction import Transaction


@dataclass
class Execution:
    """What happened."""

    commit_ticks: list[int]
    """Of each transaction, in the order of admission."""
    wall_s: float
    uses: dict[int, list[tuple[int, bool]]]
    """For each key, in the order of use: the rank of admission of who used it, and whether it wrote."""

    @property
    def makespan(self) -> int:
        """The tick in which the last transaction commits."""
        return max(self.commit_ticks, default=0)


@dataclass
class _Request:
    rank: int
    exclusive: bool
    freed_tick: int | None = None


@dataclass
class _Manager:
    queues: dict[int, list[_Request]] = field(default_factory=dict)
    uses: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def ask(self, key: int, rank: int, exclusive: bool) -> _Request:
        request = _Request(rank, exclusive)
        self.queues.setdefault(key, []).append(request)
        return request

    def wait(self, key: int, request: _Request, write: bool) -> int:
        """Block until the lock is granted; return the tick in which the last one before it was released."""
        with self.changed:
            before = [
                each
                for each in self.queues[key]
                if each.rank < request.rank and (each.exclusive or request.exclusive)
            ]
            self.changed.wait_for(lambda: all(each.freed_tick is not None for each in before))
            self.uses.setdefault(key, []).append((request.rank, write))
            return max((each.freed_tick or 0 for each in before), default=0)

    def free(self, requests: Sequence[_Request], tick: int) -> None:
        with self.changed:
            for each in requests:
                each.freed_tick = tick
            self.changed.notify_all()


def execute(
    transactions: Sequence[Transaction],
    order: Sequence[int],
    release: Release = "commit",
    tick_s: float = 0.0,
) -> Execution:
    """Run transactions on threads, admitted in an order.

    Args:
        transactions: all of them.
        order: positions in `transactions`.
        release: whether locks are kept to the commit, which is strict two-phase locking, or for one tick.
        tick_s: how long a tick takes in real time; 0 for as fast as it goes.
    """
    manager = _Manager()
    requests = [
        [
            manager.ask(op.key, rank, exclusive)
            for op, exclusive in zip(transactions[at].ops, lock_modes(transactions[at], release), strict=True)
        ]
        for rank, at in enumerate(order)
    ]
    commits = [0] * len(order)

    def run(rank: int) -> None:
        commits[rank] = _run(manager, transactions[order[rank]], requests[rank], release, tick_s)

    threads = [threading.Thread(target=run, args=(rank,), daemon=True) for rank in range(len(order))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Execution(commits, time.monotonic() - began, manager.uses)


def _run(
    manager: _Manager,
    transaction: Transaction,
    requests: Sequence[_Request],
    release: Release,
    tick_s: float,
) -> int:
    clock = done = 0
    for op, request in zip(transaction.ops, requests, strict=True):
        clock += op.position - 1 - done
        time.sleep((op.position - 1 - done) * tick_s)
        clock = max(clock, manager.wait(op.key, request, op.write)) + 1
        time.sleep(tick_s)
        done = op.position
        if release == "operation":
            manager.free([request], clock)
    clock += transaction.length - done
    time.sleep((transaction.length - done) * tick_s)
    if release == "commit":
        manager.free(requests, clock)
    return clock
