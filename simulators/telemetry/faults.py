"""A library of faults. Each declares what it touches, and touches nothing else.

* `drop`: a counter reads zero.
* `scale`: a counter reads 0.5 to 0.8 or 1.2 to 1.5 times its value (a wrong unit, a sampling bug).
* `stale`: both counters of an interface show what they showed some hours before.
* `swap`: received and sent are exchanged, or all counters of two interfaces of one router.
* `correlated`: all counters of one router, its edge included, are scaled by one factor, read zero, or are
  stale.
* `vendor`: the counters of several routers are scaled by one factor, so that two such routers agree about
  the link between them, and both are wrong.
* `lying`: an interface says that it is down and its link is up (its counters read zero, or go on), or that
  it is up and its link is down (its counters show what they showed before).

Drop, scale and faults of a whole router at 20 % are those of the published evaluator; the others are reported
by operators (Krentsel et al., The Case for Validating Inputs in Software-Defined WANs, HotNets 2024; Krentsel
et al., CrossCheck: Input Validation for WAN Control Systems, NSDI 2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simulators.telemetry.counters import Readings
from simulators.telemetry.network import Bools, Ints, Network

Touched = tuple[str, int]
"""A field of `Readings` and a position in it."""


@dataclass(frozen=True)
class Fault:
    """What went wrong, and all that it touched."""

    kind: str
    touches: frozenset[Touched]


@dataclass(frozen=True)
class Damage:
    """Readings with faults in them, and which these are."""

    readings: Readings
    faults: tuple[Fault, ...]

    def mask(self, field: str) -> Bools:
        """Return which entries of a field of `Readings` a fault touched."""
        touched = np.zeros(len(getattr(self.readings, field)), dtype=np.bool_)
        for fault in self.faults:
            for name, at in fault.touches:
                if name == field:
                    touched[at] = True
        return touched


@dataclass(frozen=True)
class Scene:
    """What faults are drawn for."""

    network: Network
    up: Bools
    """Which links are up."""
    now: Readings
    """What healthy counters read."""
    before: Readings
    """What they read some hours before, when every link was up."""


def inject(rng: np.random.Generator, scene: Scene, mix: Mapping[str, float]) -> Damage:
    """Return the readings after faults that do not overlap.

    Args:
        rng: where all randomness comes from.
        scene: network and healthy readings; left as they are.
        mix: for every kind of fault the share of interfaces that it hits, of routers for `correlated` and
            `vendor`; at least one is hit.

    Raises:
        ValueError: an unknown kind of fault.
    """
    unknown = sorted(mix.keys() - set(KINDS))
    if unknown:
        raise ValueError(f"there is no fault {unknown[0]!r}; known are {', '.join(KINDS)}")
    bench = _Bench(rng, scene)
    for kind in _ORDER:
        if kind in mix:
            bench.faults += _KINDS[kind](bench, mix[kind])
    return Damage(bench.readings, tuple(bench.faults))


class _Bench:
    """Readings that faults are put into, and the interfaces that are still free."""

    def __init__(self, rng: np.random.Generator, scene: Scene) -> None:
        self.rng = rng
        self.scene = scene
        self.network = scene.network
        self.readings = scene.now.copy()
        self.free = np.ones(scene.network.interfaces, dtype=np.bool_)
        self.faults: list[Fault] = []

    def some(self, share: float, *, among: Ints | None = None) -> list[int]:
        """Take free interfaces at random: a share of all, at least one if there is one."""
        free = np.flatnonzero(self.free) if among is None else among[self.free[among]]
        count = max(1, round(share * self.network.interfaces))
        chosen: list[int] = self.rng.permutation(free)[:count].tolist()
        self.free[chosen] = False
        return chosen

    def routers(self, share: float) -> list[int]:
        """Take routers at random with all their interfaces: a share of all, at least one."""
        count = len(self.network.routers)
        touched = set(self.network.router_of[~self.free].tolist())
        drawn = [router for router in self.rng.permutation(count).tolist() if router not in touched]
        chosen: list[int] = drawn[: max(1, round(share * count))]
        self.free[np.isin(self.network.router_of, chosen)] = False
        return chosen

    def factor(self) -> float:
        """Draw the factor of a scaled counter."""
        low, high = (0.5, 0.8) if self.rng.random() < 0.5 else (1.2, 1.5)
        return float(self.rng.uniform(low, high))

    def sides(self) -> tuple[str, ...]:
        """Draw which counters of an interface are hit: one, the other or both."""
        return (("rx",), ("tx",), ("rx", "tx"))[int(self.rng.integers(3))]

    def scale(self, field: str, at: int, factor: float) -> Touched:
        """Multiply a counter."""
        getattr(self.readings, field)[at] *= factor
        return (field, at)

    def set_back(self, field: str, at: int) -> Touched:
        """Set a counter to what it showed before."""
        getattr(self.readings, field)[at] = getattr(self.scene.before, field)[at]
        return (field, at)

    def all_of(self, router: int) -> list[Touched]:
        """Return all counters of a router."""
        inner = [(side, at) for at in self.network.of_router(router).tolist() for side in ("rx", "tx")]
        return [*inner, ("entering", router), ("leaving", router)]


def _drop(bench: _Bench, share: float) -> Iterator[Fault]:
    for at in bench.some(share):
        yield Fault("drop", frozenset(bench.scale(side, at, 0.0) for side in bench.sides()))


def _scale(bench: _Bench, share: float) -> Iterator[Fault]:
    for at in bench.some(share):
        yield Fault("scale", frozenset(bench.scale(side, at, bench.factor()) for side in bench.sides()))


def _stale(bench: _Bench, share: float) -> Iterator[Fault]:
    for at in bench.some(share):
        yield Fault("stale", frozenset(bench.set_back(side, at) for side in ("rx", "tx")))


def _swap(bench: _Bench, share: float) -> Iterator[Fault]:
    left = max(1, round(share * bench.network.interfaces))
    while left > 0 and bench.free.any():
        one = bench.some(0.0)[0]
        beside = bench.network.of_router(int(bench.network.router_of[one]))
        rx, tx = bench.readings.rx, bench.readings.tx
        if left > 1 and bench.free[beside].any() and bench.rng.random() < 0.5:
            other = bench.some(0.0, among=beside)[0]
            for rates in (rx, tx):
                rates[[one, other]] = rates[[other, one]]
            left -= 1
            touches = frozenset((side, at) for side in ("rx", "tx") for at in (one, other))
        else:
            rx[one], tx[one] = tx[one], rx[one]
            touches = frozenset((("rx", one), ("tx", one)))
        left -= 1
        yield Fault("swap", touches)


def _correlated(bench: _Bench, share: float) -> Iterator[Fault]:
    for router in bench.routers(share):
        how = int(bench.rng.integers(3))
        factor = bench.factor() if how == 0 else 0.0
        touches = [
            bench.set_back(field, at) if how == 2 else bench.scale(field, at, factor)
            for field, at in bench.all_of(router)
        ]
        yield Fault("correlated", frozenset(touches))


def _vendor(bench: _Bench, share: float) -> Iterator[Fault]:
    factor = bench.factor()
    for router in bench.routers(share):
        yield Fault("vendor", frozenset(bench.scale(*each, factor) for each in bench.all_of(router)))


def _lying(bench: _Bench, share: float) -> Iterator[Fault]:
    down = np.repeat(~bench.scene.up, 2)
    count = max(1, round(share * bench.network.interfaces))
    ends = np.flatnonzero(down)
    # One end of a failed link at most, so that the other tells.
    ends = ends[bench.rng.permutation(len(ends))]
    first = [at for order, at in enumerate(ends.tolist()) if at ^ 1 not in ends[:order]]
    liars = [at for at in first if bench.free[at]][: (count + 1) // 2]
    bench.free[liars] = False
    for at in liars:
        bench.readings.up[at] = True
        stale = {bench.set_back(side, at) for side in ("rx", "tx")}
        yield Fault("lying", frozenset({("up", at), *stale}))
    if count > len(liars):
        for at in bench.some((count - len(liars)) / bench.network.interfaces, among=np.flatnonzero(~down)):
            bench.readings.up[at] = False
            sides = ("rx", "tx") if bench.rng.random() < 0.5 else ()
            yield Fault("lying", frozenset({("up", at), *(bench.scale(side, at, 0.0) for side in sides)}))


_KINDS: Mapping[str, Callable[[_Bench, float], Iterator[Fault]]] = {
    "drop": _drop,
    "scale": _scale,
    "stale": _stale,
    "swap": _swap,
    "correlated": _correlated,
    "vendor": _vendor,
    "lying": _lying,
}
KINDS = tuple(_KINDS)
"""Every kind of fault."""
_ORDER = ("correlated", "vendor", *(kind for kind in KINDS if kind not in ("correlated", "vendor")))
"""Faults of whole routers come first: they need all interfaces of one."""
