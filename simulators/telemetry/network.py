"""A network: routers, links between them, and the two interfaces that every link has.

Link `l` has interface `2 l` at its first router and interface `2 l + 1` at its second. What an interface
sends is one flow, numbered like the interface; the interface at the other end receives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Network:
    """Routers and links; at most one link between two routers.

    Raises:
        ValueError: a link has no two different routers, or stands twice.
    """

    name: str
    routers: tuple[str, ...]
    links: tuple[tuple[int, int], ...]
    """The two routers of every link, by position in `routers`."""
    length_km: tuple[float, ...]
    """Of every link; what shortest paths are measured in."""

    def __post_init__(self) -> None:
        """Check the links."""
        known = range(len(self.routers))
        pairs = {frozenset(link) for link in self.links}
        if len(self.length_km) != len(self.links) or len(pairs) != len(self.links):
            raise ValueError(f"{self.name}: every link stands once and has one length")
        if any(len(pair) != 2 or not pair <= set(known) for pair in pairs):
            raise ValueError(f"{self.name}: a link joins two different routers of the network")

    @property
    def interfaces(self) -> int:
        """Two per link."""
        return 2 * len(self.links)

    @cached_property
    def router_of(self) -> Ints:
        """The router of every interface."""
        return np.array(self.links, dtype=np.int64).reshape(-1)

    @cached_property
    def peer(self) -> Ints:
        """The interface at the other end of every interface's link."""
        return np.arange(self.interfaces) ^ 1

    @cached_property
    def balance(self) -> Floats:
        """What conservation says: `balance @ (flows, entering, leaving)` is 0; one row per router.

        Row `r` adds what reaches router `r`, from other routers and from outside, and takes away what leaves.
        """
        count = len(self.routers)
        matrix = np.zeros((count, self.interfaces + 2 * count))
        flows = np.arange(self.interfaces)
        matrix[self.router_of[self.peer], flows] += 1.0
        matrix[self.router_of, flows] -= 1.0
        matrix[np.arange(count), self.interfaces + np.arange(count)] = 1.0
        matrix[np.arange(count), self.interfaces + count + np.arange(count)] = -1.0
        return matrix

    def of_router(self, router: int) -> Ints:
        """Return the interfaces of a router."""
        return np.flatnonzero(self.router_of == router)


def shuffled(network: Network, rng: np.random.Generator) -> Network:
    """Return the same network with routers, links and the ends of links numbered otherwise."""
    order = rng.permutation(len(network.routers))
    new = np.argsort(order)
    links, lengths = [], []
    for link in rng.permutation(len(network.links)).tolist():
        ends = [int(new[router]) for router in network.links[link]]
        links.append((ends[0], ends[1]) if rng.random() < 0.5 else (ends[1], ends[0]))
        lengths.append(network.length_km[link])
    routers = tuple(network.routers[router] for router in order.tolist())
    return Network(network.name, routers, tuple(links), tuple(lengths))


def connected(network: Network, up: Bools) -> bool:
    """Return whether every router reaches every other over links that are up."""
    reached, front = {0}, [0]
    while front:
        here = front.pop()
        for link, ends in enumerate(network.links):
            if up[link] and here in ends:
                there = ends[0] + ends[1] - here
                if there not in reached:
                    reached.add(there)
                    front.append(there)
    return len(reached) == len(network.routers)
