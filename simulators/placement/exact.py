"""The least possible pressure of small fleets: bisection on the pressure, bin packing by depth-first search.

At a fixed limit t, a GPU is a bin of size `t * memory` and a model an item of size `load + t * shard` in each
GPU of its group. The search keeps memory, reserve and the migration budget as well, so that what it proves
is proven of placements that are allowed. It gives up after so many nodes; what was proven until then stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulators.placement.fleet import Instance, pressures
from simulators.placement.relaxation import least_pressure
from simulators.placement.search import search

TOLERANCE = 1e-7
"""Relative width of the interval at which bisection ends."""
_CLOSE = 0.01
_ROUNDING = 1e-10
MAX_NODES = 20_000
LOOKS = 2_000
"""How long a first placement is looked for."""


@dataclass(frozen=True)
class Solved:
    """What is known of the optimum."""

    low: float
    """No allowed placement has a smaller largest pressure than this."""
    high: float
    """The largest pressure of `placement`."""
    placement: tuple[int, ...]

    @property
    def exact(self) -> bool:
        """Whether the placement is optimal, up to `TOLERANCE`."""
        return self.high <= self.low * (1 + TOLERANCE)


class _GivenUp(Exception):
    """The search took too many nodes."""


def solve_exactly(instance: Instance, rate_per_s: Sequence[float], max_nodes: int = MAX_NODES) -> Solved:
    """Return the optimum, or limits of it where the search would take too long.

    Args:
        instance: what is placed; its current placement is allowed.
        rate_per_s: requests of every model in the window that counts.
        max_nodes: when to give up, per step of the bisection.
    """
    low = least_pressure(instance, rate_per_s)
    best = search(instance, rate_per_s, LOOKS)
    high = max(pressures(instance, rate_per_s, best))
    while high > low * (1 + TOLERANCE):
        # Bisection until both are close, then one question that ends it: is anything better than the best?
        limit = (low + high) / 2 if high > low * (1 + _CLOSE) else high * (1 - TOLERANCE / 2)
        try:
            found = _Packing(instance, instance.loads(rate_per_s), limit, max_nodes).find()
        except _GivenUp:
            break
        if found is None:
            low = limit
            continue
        # Below the last one for sure: what rounding adds is far smaller than the tolerance.
        best, high = found, max(pressures(instance, rate_per_s, found))
    return Solved(min(low, high), high, best)


class _Packing:
    """One search for a placement whose pressures stay at or below a limit."""

    def __init__(self, instance: Instance, loads: Sequence[float], limit: float, max_nodes: int) -> None:
        fleet = instance.fleet
        self.instance = instance
        self.nodes_left = max_nodes
        self.weight = [load + limit * shard for load, shard in zip(loads, instance.shard_gb, strict=True)]
        # A little more room than there is: rounding must not make a limit look impossible.
        self.room = [limit * memory * (1 + _ROUNDING) for memory in fleet.memory_gb]
        self.free_gb = [memory - fleet.reserve_gb for memory in fleet.memory_gb]
        self.budget_gb = instance.budget_gb
        self.order = sorted(
            range(instance.models), key=lambda m: (instance.width[m], self.weight[m]), reverse=True
        )
        totals = [0.0]
        smallest = [float("inf")]
        for model in reversed(self.order):
            totals.append(totals[-1] + self.weight[model] * instance.width[model])
            smallest.append(min(smallest[-1], self.weight[model]))
        self.rest, self.smallest = totals[::-1], smallest[::-1]
        # GPUs are alike where neither groups nor the place that a model comes from tell them apart.
        self.alike = set(instance.width) == {1} and instance.budget_gb >= sum(instance.size_gb)
        self.placement = list(instance.current)

    def find(self) -> tuple[int, ...] | None:
        """Return a placement, or None where there is none.

        Raises:
            _GivenUp: it is not known.
        """
        return tuple(self.placement) if self._place(0) else None

    def _place(self, depth: int) -> bool:
        if depth == len(self.order):
            return True
        self.nodes_left -= 1
        if self.nodes_left < 0:
            raise _GivenUp
        least = self.smallest[depth]
        if sum(room for room in self.room if room >= least) < self.rest[depth]:
            return False
        model = self.order[depth]
        for first in self._choices(model):
            self._put(model, first, 1)
            if self._place(depth + 1):
                self.placement[model] = first
                return True
            self._put(model, first, -1)
        return False

    def _choices(self, model: int) -> list[int]:
        """Return where a model can stand, fullest first; of GPUs that are alike, one."""
        instance, weight, shard = self.instance, self.weight[model], self.instance.shard_gb[model]
        home = instance.current[model]
        may_move = instance.size_gb[model] <= self.budget_gb
        found = [
            first
            for first in instance.starts[instance.width[model]]
            if (may_move or first == home)
            and all(
                self.room[gpu] >= weight and self.free_gb[gpu] >= shard
                for gpu in range(first, first + instance.width[model])
            )
        ]
        found.sort(key=lambda first: (self.room[first], first))
        if self.alike:
            alike = [(self.room[first], self.free_gb[first]) for first in found]
            found = found[:1] + [found[at + 1] for at, (a, b) in enumerate(pairwise(alike)) if a != b]
        return found

    def _put(self, model: int, first: int, sign: int) -> None:
        for gpu in self.instance.group(model, first):
            self.room[gpu] -= sign * self.weight[model]
            self.free_gb[gpu] -= sign * self.instance.shard_gb[model]
        if first != self.instance.current[model]:
            self.budget_gb -= sign * self.instance.size_gb[model]
