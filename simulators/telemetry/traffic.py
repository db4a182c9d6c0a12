"""Traffic: a gravity model, a day, and shortest paths.

The traffic from router `a` to router `b` is in proportion to what `a` sends in all and `b` receives in all
(the gravity model of Roughan et al., Experience in Measuring Backbone Traffic Variability, IMW 2002, and
Zhang et al., Fast Accurate Computation of Large-Scale IP Traffic Matrices from Link Loads, SIGMETRICS 2003),
times a log-normal deviation. It takes the shortest path over links that are up. Nothing is lost on the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulators.telemetry.network import Bools, Floats, Ints, Network, connected

_PEAK_H = 15.0


@dataclass(frozen=True)
class Demand:
    """What traffic is drawn from."""

    mbps_per_router: float
    """The mean of what a router sends, over a day."""
    skew: float = 1.0
    """Standard deviation of the logarithm of what a router sends; the same of what it receives."""
    deviation: float = 0.4
    """Standard deviation of the logarithm of a pair's traffic around gravity."""
    swing: float = 0.5
    """How much more than the mean there is at the peak of the day, as a share."""


@dataclass(frozen=True)
class Flows:
    """Traffic on the links and through the edge of a network, in Mbit/s."""

    link: Floats
    """What every interface sends, `[interfaces]`."""
    entering: Floats
    """From outside into every router, `[routers]`."""
    leaving: Floats
    """From every router to outside, `[routers]`."""


def gravity(rng: np.random.Generator, routers: int, demand: Demand) -> Floats:
    """Return the mean traffic from every router to every other, in Mbit/s, `[routers, routers]`."""
    size = demand.skew * rng.standard_normal(routers)
    sends = np.exp(size + 0.3 * rng.standard_normal(routers))
    receives = np.exp(size + 0.3 * rng.standard_normal(routers))
    matrix = np.outer(sends, receives) * np.exp(demand.deviation * rng.standard_normal((routers, routers)))
    np.fill_diagonal(matrix, 0.0)
    scaled: Floats = matrix * (demand.mbps_per_router * routers / matrix.sum())
    return scaled


def diurnal(hour: float, swing: float) -> float:
    """Return the traffic of an hour of the day over the mean of the day; it is largest at 15:00."""
    return 1.0 + swing * math.cos(2.0 * math.pi * (hour - _PEAK_H) / 24.0)


def fail_links(rng: np.random.Generator, network: Network, count: int) -> Bools:
    """Return which links are up when `count` fail; only links that the network stays connected without do."""
    up = np.ones(len(network.links), dtype=np.bool_)
    for link in rng.permutation(len(network.links)).tolist():
        if count == len(up) - int(up.sum()):
            break
        up[link] = False
        up[link] = not connected(network, up)
    return up


def next_interface(network: Network, up: Bools) -> Ints:
    """Return the interface that traffic leaves a router by, `[router, destination]`; -1 where there is none.

    Shortest paths by length over links that are up (Floyd and Warshall); of equals the first that was found.
    """
    count = len(network.routers)
    far = np.full((count, count), np.inf)
    np.fill_diagonal(far, 0.0)
    leave = np.full((count, count), -1, dtype=np.int64)
    for link, (a, b) in enumerate(network.links):
        if up[link]:
            far[a, b] = far[b, a] = network.length_km[link]
            leave[a, b], leave[b, a] = 2 * link, 2 * link + 1
    for over in range(count):
        through = far[:, over, None] + far[None, over, :]
        shorter = through < far - 1e-9
        far = np.where(shorter, through, far)
        leave = np.where(shorter, leave[:, over, None], leave)
    return leave


def routed(network: Network, up: Bools, matrix: Floats) -> Flows:
    """Return the flows of a traffic matrix `[from, to]` on shortest paths; the diagonal stays outside.

    Raises:
        ValueError: there is traffic between routers that no path joins.
    """
    count = len(network.routers)
    leave = next_interface(network, up)
    here, to = np.nonzero((matrix > 0.0) & ~np.eye(count, dtype=np.bool_))
    amount = matrix[here, to]
    entering: Floats = np.bincount(here, amount, minlength=count).astype(np.float64)
    leaving: Floats = np.bincount(to, amount, minlength=count).astype(np.float64)
    link = np.zeros(network.interfaces)
    while len(here):
        out = leave[here, to]
        if (out < 0).any():
            raise ValueError(f"{network.name}: there is traffic between routers that no path joins")
        link += np.bincount(out, amount, minlength=network.interfaces)
        here = network.router_of[network.peer[out]]
        going = here != to
        here, to, amount = here[going], to[going], amount[going]
    return Flows(link, entering, leaving)
