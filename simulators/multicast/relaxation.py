"""Proven lower bounds of what a broadcast costs.

Take any plan that keeps the deadline. Let `x[e]` be the share of all partitions that use edge `e` and `T` the
duration, and drop branches that end at no destination, which costs nothing. Then

    every set of regions that holds a destination and not the source is entered:  sum of x over it >= 1
    what an edge carries fits:       volume * x[e] <= gbps[e] * T,  and so for egress and ingress of regions
    a relay sends at least what it takes in:     sum of x into it <= sum of x out of it
    0 <= x <= 1  and  least_s <= T <= deadline

and its cost is at least

    volume * sum(price * x) + rate * T * (destinations + 1) + rate * least_s * sum of x into relays

as a relay is paid for `T >= least_s` seconds once any partition uses it. The least value of this linear
program is a lower bound. Sets and edge capacities are added where they are violated, so the program that is
solved is a relaxation of it at any time, and edges are priced in. No trust in the solver is needed: from any
multipliers of its rows that are at least 0 weak duality gives a bound, every variable at the better end of
its range, and that is what is returned.

Without capacities the least is the cheapest tree for every partition, exactly (`steiner`), plus the machines
at source and destinations for `least_s`. The larger of both counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from simulators.multicast.network import Broadcast, Floats, Ints
from simulators.multicast.steiner import MOST_TERMINALS, steiner_price

_ROUNDS = 120
_UNITS = 1_000_000
"""Capacities are whole numbers in a maximum flow: shares in millionths."""
_VIOLATED = 1e-4
_ENOUGH = 1e-5
"""Rounds end when this share of the bound is all that a few of them gained."""
_PATIENCE = 6
_ROUNDING = 1e-9


def least_cost_usd(broadcast: Broadcast) -> float:
    """Return what no plan that delivers in time costs less than."""
    bound = relaxed_usd(broadcast)
    if len(broadcast.destinations) <= MOST_TERMINALS:
        bound = max(bound, uncapacitated_usd(broadcast))
    return bound


def uncapacitated_usd(broadcast: Broadcast) -> float:
    """Return the egress of the cheapest tree, and the machines at its ends for the least time.

    Raises:
        ValueError: there are too many destinations for an exact tree.
    """
    network = broadcast.network
    price = steiner_price(network.price_usd_per_gb, broadcast.source, broadcast.destinations)
    return (price * broadcast.volume_gb + _ends_usd_per_s(broadcast) * broadcast.least_s) * (1.0 - _ROUNDING)


def relaxed_usd(broadcast: Broadcast) -> float:
    """Return the value of the linear program, or of the relaxation of it that was reached."""
    program = _Program(broadcast)
    best, stale = -np.inf, 0
    for _ in range(_ROUNDS):
        solution = program.solve()
        if solution is None:
            break
        shares, bound = solution
        stale = 0 if bound > best + _ENOUGH * abs(bound) else stale + 1
        best = max(best, bound)
        added = program.price_in() + program.cut(shares)
        if not added or stale >= _PATIENCE:
            break
    ends = _ends_usd_per_s(broadcast) * broadcast.least_s
    return max(best, ends) * (1.0 - _ROUNDING)


def _ends_usd_per_s(broadcast: Broadcast) -> float:
    return broadcast.region_usd_per_s * (1 + len(broadcast.destinations))


@dataclass
class _Rows:
    """Rows `coefficients @ columns <= limit`, as triples; columns are positions among all edges, then T."""

    row: list[Ints] = field(default_factory=list)
    column: list[Ints] = field(default_factory=list)
    value: list[Floats] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    def add(self, columns: Ints, values: Floats, limit: float) -> None:
        self.row.append(np.full(len(columns), len(self.limit)))
        self.column.append(columns)
        self.value.append(values)
        self.limit.append(limit)


class _Program:
    """The linear program as far as it is known: some rows, some columns. T counts in deadlines."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        network, source = broadcast.network, broadcast.source
        usable = network.edges.copy()
        usable[:, source] = False
        self._tail, self._head = np.nonzero(usable)
        self._count = len(self._tail)
        self._relay = np.ones(network.regions, dtype=bool)
        self._relay[[source, *broadcast.destinations]] = False
        rate, least = broadcast.region_usd_per_s, broadcast.least_s
        price = network.price_usd_per_gb[self._tail, self._head] * broadcast.volume_gb
        ends = _ends_usd_per_s(broadcast) * broadcast.deadline_s
        self._cost = np.append(price + rate * least * self._relay[self._head], ends)
        self._low = np.append(np.zeros(self._count), min(1.0, least / broadcast.deadline_s))
        self._high = np.append(np.ones(self._count), 1.0 + 2.0 * _ROUNDING)
        # How many volumes an edge, or a region, carries within the deadline.
        self._fits = broadcast.deadline_s / broadcast.volume_gbit
        self._edge_fits = network.gbps[self._tail, self._head] * self._fits
        self._rows, self._capped = _Rows(), np.zeros(self._count, dtype=bool)
        self._dual = np.zeros(0)
        self._active = self._first_columns()
        self._first_rows()

    def solve(self) -> tuple[Floats, float] | None:
        """Return the shares of all edges, and a proven bound; None where the solver gave up."""
        matrix, limit = self._matrix(), np.array(self._rows.limit)
        chosen = np.flatnonzero(self._active)
        minimize: Any = linprog  # its annotations know no sparse matrices
        found = minimize(
            self._cost[chosen],
            A_ub=matrix[:, chosen],
            b_ub=limit,
            bounds=np.stack((self._low[chosen], self._high[chosen]), axis=1),
            method="highs",
        )
        if found.status != 0:
            if self._active.all():
                return None
            self._active[:] = True  # too few edges for the deadline
            return self.solve()
        self._dual = np.maximum(0.0, -found.ineqlin.marginals)
        self._reduced = self._cost + matrix.T @ self._dual
        ends = np.where(self._reduced > 0.0, self._low, self._high)
        bound = float(self._reduced @ ends - self._dual @ limit)
        shares = np.zeros(self._count + 1)
        shares[chosen] = found.x
        return shares, bound

    def price_in(self) -> int:
        """Take in the edges that would pay; return how many."""
        paying = np.flatnonzero(~self._active & (self._reduced < -1e-9 * self._cost[-1]))
        best = paying[np.argsort(self._reduced[paying])[:400]]
        self._active[best] = True
        return len(best)

    def cut(self, shares: Floats) -> int:
        """Add edge capacities and sets that the shares violate; return how many."""
        over = shares[:-1] > self._edge_fits * shares[-1] + _VIOLATED
        added = np.flatnonzero(over & ~self._capped)
        for edge in added:
            self._capped[edge] = True
            self._rows.add(np.array([edge, self._count]), np.array([1.0, -self._edge_fits[edge]]), 0.0)
        sets = {side.tobytes(): side for side in self._violated(shares[:-1])}
        for side in sets.values():
            self._enter(side)
        return len(added) + len(sets)

    def _matrix(self) -> Any:
        rows = self._rows
        row, column, value = (np.concatenate(part) for part in (rows.row, rows.column, rows.value))
        return csr_array((value, (row, column)), shape=(len(self._rows.limit), self._count + 1))

    def _first_columns(self) -> np.ndarray:
        """Return the cheapest edges into every region, and all between the source and destinations."""
        active = np.zeros(self._count + 1, dtype=bool)
        active[-1] = True
        ends = ~self._relay
        active[:-1] = ends[self._tail] & ends[self._head]
        order = np.lexsort((self._cost[:-1], self._head))
        start = np.searchsorted(self._head[order], np.arange(len(ends)))
        rank = np.arange(self._count) - start[self._head[order]]
        active[order[rank < 8]] = True
        return active

    def _first_rows(self) -> None:
        network, broadcast = self._broadcast.network, self._broadcast
        for region in range(network.regions):
            leaving, entering = (np.flatnonzero(side == region) for side in (self._tail, self._head))
            for edges, limits in ((leaving, network.egress_gbps), (entering, network.ingress_gbps)):
                values = np.append(np.ones(len(edges)), -limits[region] * self._fits)
                self._rows.add(np.append(edges, self._count), values, 0.0)
            if self._relay[region]:
                values = np.repeat([1.0, -1.0], (len(entering), len(leaving)))
                self._rows.add(np.concatenate((entering, leaving)), values, 0.0)
        alone = np.ones(network.regions, dtype=bool)
        alone[broadcast.source] = False
        self._enter(alone)
        for destination in broadcast.destinations:
            self._enter(np.arange(network.regions) == destination)

    def _enter(self, side: np.ndarray) -> None:
        """Add that a set of regions is entered."""
        edges = np.flatnonzero(side[self._head] & ~side[self._tail])
        self._rows.add(edges, -np.ones(len(edges)), -1.0)

    def _violated(self, shares: Floats) -> list[np.ndarray]:
        """Return sets that are entered by less than one: nearest to the destinations and to the source."""
        size, source = self._broadcast.network.regions, self._broadcast.source
        used = shares > 0.5 / _UNITS
        whole = np.round(_UNITS * shares[used]).astype(np.int32)
        graph: Any = csr_array((whole, (self._tail[used], self._head[used])), shape=(size, size))
        graph.indices, graph.indptr = graph.indices.astype(np.int32), graph.indptr.astype(np.int32)
        found = []
        for destination in self._broadcast.destinations:
            flow = maximum_flow(graph, source, destination)
            if flow.flow_value < _UNITS * (1.0 - _VIOLATED):
                left = (graph - flow.flow).toarray() > 0
                found.append(_reaching(left, destination))
                found.append(~_reaching(left.T, source))
        return found


def _reaching(left: np.ndarray, target: int) -> np.ndarray:
    """Return the regions from which a target is reached over what is left of the capacities."""
    inside = np.zeros(len(left), dtype=bool)
    inside[target] = True
    while True:
        more = inside | left[:, inside].any(axis=1)
        if (more == inside).all():
            return inside
        inside = more
