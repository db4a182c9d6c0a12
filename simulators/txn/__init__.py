"""Transactions that are admitted in an order and wait for each other's locks.

`transaction` says what a transaction is, `locks` when a schedule is done, `bound` what no schedule can pass,
`run` lets a scheduler choose among the pending, and `published`, `benchmarks` and `recorded` bring workloads.
`ordered` and `executor` are lock managers that the model is checked against; `heuristics` orders offline.
"""

from simulators.txn.benchmarks import smallbank, taobench, tpcc, ycsb
from simulators.txn.bound import Chain, lock_chain
from simulators.txn.executor import Execution, execute
from simulators.txn.heuristics import improve, shortest_makespan_first
from simulators.txn.locks import LockTable, makespan, serial_ticks, starts
from simulators.txn.ordered import commit_ticks, ordered_makespan
from simulators.txn.published import PUBLISHED_POSITIONS, hot_keys, orders, pairs
from simulators.txn.recorded import WorkloadError, read_workloads
from simulators.txn.run import Outcome, OutOfRange, View, run
from simulators.txn.transaction import Op, Transaction, conflict_masks, key_count, parse, renumbered, show

__all__ = [
    "PUBLISHED_POSITIONS",
    "Chain",
    "Execution",
    "LockTable",
    "Op",
    "OutOfRange",
    "Outcome",
    "Transaction",
    "View",
    "WorkloadError",
    "commit_ticks",
    "conflict_masks",
    "execute",
    "hot_keys",
    "improve",
    "key_count",
    "lock_chain",
    "makespan",
    "ordered_makespan",
    "orders",
    "pairs",
    "parse",
    "read_workloads",
    "renumbered",
    "run",
    "serial_ticks",
    "shortest_makespan_first",
    "show",
    "smallbank",
    "starts",
    "taobench",
    "tpcc",
    "ycsb",
]
