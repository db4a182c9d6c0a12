"""The workloads of the transaction problems, and what is known of each: bound, reference, worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from evaluators.contract import BadData, Workload, workload_rng
from simulators.txn import (
    PUBLISHED_POSITIONS,
    Chain,
    Transaction,
    WorkloadError,
    hot_keys,
    improve,
    lock_chain,
    makespan,
    ordered_makespan,
    orders,
    pairs,
    read_workloads,
    renumbered,
    serial_ticks,
    shortest_makespan_first,
    smallbank,
    taobench,
    tpcc,
    ycsb,
)

REFERENCE_TRIES = 100
"""Moves that the reference tries from the better of two orders; about 30 ms a workload in all."""

Maker = Callable[[Random, int, Any], list[Transaction]]

FAMILIES: Mapping[str, Maker] = {
    "hot_keys": lambda rng, number, writes: hot_keys(rng, number, _positions(rng), writes),
    "orders": orders,
    "pairs": pairs,
    "tpcc": tpcc,
    "ycsb": lambda rng, number, theta: ycsb(rng, number, theta),
    "smallbank": smallbank,
    "taobench": lambda rng, number, writes: taobench(rng, number, writes=writes),
}
"""How a family draws so many transactions at a level of contention."""


@dataclass(frozen=True)
class Case:
    """The truth of a workload."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    family: str
    transactions: tuple[Transaction, ...]
    """In the order of arrival."""
    pool: int
    """How many are pending at a time; the offline problem shows all of them."""


def draw(params: Mapping[str, Any], split: str, key: bytes) -> Iterator[Workload]:
    """Yield workloads without end; family, pool and level follow from the index, all else from the key."""
    cells = params["shift" if split == "shift" else "search"]
    names = list(FAMILIES)
    for index in count():
        rng = workload_rng(key, index, split)
        family, rest = names[index % len(names)], index // len(names)
        picked = []
        for values in (cells["pool"], cells["level"][family], cells["transactions"]):
            rest, at = divmod(rest, len(values))
            picked.append(values[at])
        pool, level, number = picked
        transactions = renumbered(FAMILIES[family](rng, number, level))
        case = Case(f"{split}/{key.hex()}/{index}", family, transactions, pool)
        yield Workload(case, cell=f"family={family},pool={pool}")


def recorded(path: Path, pools: list[int]) -> Iterator[Workload]:
    """Yield every published workload of a path, with each size of pool.

    Raises:
        BadData: a file cannot be read, or there is none.
    """
    try:
        found = read_workloads(path)
    except WorkloadError as error:
        raise BadData(str(error)) from None
    for name, transactions in found:
        for pool in pools:
            case = Case(f"{path}:{name}:{pool}", "recorded", renumbered(transactions), pool)
            yield Workload(case, cell=f"recorded,pool={pool}", shares=f"{path}:{name}")


class Known:
    """Bounds and references, computed once for each case. Not thread-safe."""

    def __init__(self) -> None:
        """Start with empty caches."""
        self._chains: dict[str, Chain] = {}
        self._references: dict[str, int] = {}

    def chain(self, case: Case) -> Chain:
        """Return the longest chain of locks: no order has a smaller makespan."""
        if case.token not in self._chains:
            self._chains[case.token] = lock_chain(case.transactions)
        return self._chains[case.token]

    def reference(self, case: Case) -> int:
        """Return the makespan of a good order that was found with every transaction in view.

        The better of arrival order and Shortest Makespan First, then some moves of single transactions.
        Strong, not optimal; a long search passes it.
        """
        if case.token not in self._references:
            rng = Random(0)  # noqa: S311  (a heuristic's ties; the same in every process)
            arrival = list(range(len(case.transactions)))
            shortest = shortest_makespan_first(case.transactions, rng)
            best = min(arrival, shortest, key=lambda order: makespan(case.transactions, order))
            better = improve(case.transactions, best, rng, REFERENCE_TRIES)
            self._references[case.token] = makespan(case.transactions, better)
        return self._references[case.token]


def worst_ticks(case: Case) -> float:
    """Return the makespan of one transaction after the other: no order takes longer."""
    return float(serial_ticks(case.transactions))


def measured(case: Case, order: list[int]) -> dict[str, float]:
    """Return the objective, and what the same order costs where locks are kept to the commit."""
    return {
        "makespan_ticks": float(makespan(case.transactions, order)),
        "two_phase_ticks": float(ordered_makespan(case.transactions, order)),
    }


def why(case: Case, makespan_ticks: float, chain: Chain, reference: int) -> str:
    """Say in one line what a workload is, and what its makespan was lost on."""
    number, longest = len(case.transactions), max(each.length for each in case.transactions)
    text = (
        f"{case.family}, {number} transactions of at most {longest} ticks: done after {makespan_ticks:.0f} "
        f"ticks; no order is done before {chain.ticks}, a good order found with everything in view is done "
        f"after {reference}."
    )
    if chain.key < 0:
        return f"{text} No key is a bottleneck: the longest transaction alone gives the limit."
    idle = 1 - chain.ticks / makespan_ticks
    where = "in some" if chain.holds < number else "in every one"
    return (
        f"{text} The hottest key is used {where} of them ({chain.holds} of {number}) and stood idle for "
        f"about {max(0.0, idle):.0%} of the time: transactions that use it came too late or far apart."
    )


def _positions(rng: Random) -> Mapping[int, float]:
    """Return the published places of the hot keys, dealt anew among them."""
    places = list(PUBLISHED_POSITIONS.values())
    rng.shuffle(places)
    return dict(zip(PUBLISHED_POSITIONS, places, strict=True))
