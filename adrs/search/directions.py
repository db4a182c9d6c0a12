"""Directions of a search: climbs that go on side by side, each with its own best."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adrs.search.grid import Elite

MEMORY = 0.95
"""How much of a success rate is kept from one tell to the next: it looks back over some 20."""

CURIOSITY = 0.3
"""How much a direction that was followed little gains over one that pays (UCB1)."""


@dataclass
class Direction:
    """One climb."""

    best: Elite
    rate: float = 0.5
    """Decayed share of its trials that improved its best; it begins in the middle, so that it gets a turn."""
    told: int = 0
    stale: int = 0
    """Trials since its best improved last."""


class Directions:
    """At most `most` climbs. A new one opens where all have stalled, in the place of the worst.

    Which one is followed is a bandit's choice by how often it improved lately (UCB1: Auer, Cesa-Bianchi and
    Fischer, Finite-time analysis of the multiarmed bandit problem, 2002, on a decayed rate).
    """

    def __init__(self, most: int, patience: int) -> None:
        """Start with none.

        Args:
            most: directions at the same time.
            patience: trials without an improvement after which one has stalled.
        """
        self._most = most
        self._patience = patience
        self._live: dict[int, Direction] = {}
        self.opened = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._live)

    @property
    def best(self) -> int | None:
        """The one of the highest value, of equals the oldest; None while there is none."""
        return max(self._live, key=lambda it: self._live[it].best.value, default=None)

    @property
    def programs(self) -> set[str]:
        """Digests of the bests."""
        return {direction.best.digest for direction in self._live.values()}

    def __contains__(self, number: object) -> bool:
        """Return whether a direction of that number is there."""
        return number in self._live

    def __getitem__(self, number: int) -> Direction:
        """Return a direction."""
        return self._live[number]

    @property
    def stalled(self) -> bool:
        """Whether none has improved for as long as patience lasts."""
        return all(direction.stale >= self._patience for direction in self._live.values())

    def choose(self, in_flight: Mapping[object, int]) -> int:
        """Return the direction to follow.

        Args:
            in_flight: how many trials of each are under way; they count as followed.

        Raises:
            ValueError: there is none.
        """
        total = sum(each.told + in_flight.get(number, 0) for number, each in self._live.items())

        def worth(number: int) -> float:
            each = self._live[number]
            followed = each.told + in_flight.get(number, 0)
            return each.rate + CURIOSITY * math.sqrt(math.log(total + 1) / (followed + 1))

        return max(self._live, key=worth)

    def open(self, start: Elite) -> None:
        """Begin a direction; the worst that is not the best of all makes room."""
        if len(self._live) >= self._most:
            best = self.best
            others: Collection[int] = [number for number in self._live if number != best] or list(self._live)
            del self._live[min(others, key=lambda it: self._live[it].best.value)]
        self._live[self.opened] = Direction(start)
        self.opened += 1

    def take(self, number: int, elite: Elite | None, *, own: bool) -> bool:
        """Take in a trial; return whether the direction's best improved.

        Args:
            number: of the direction.
            elite: what the trial made; None where nothing can be built on it.
            own: whether the trial was a step of this direction, so that it counts as followed.
        """
        direction = self._live[number]
        improved = elite is not None and elite.value > direction.best.value
        if own:
            direction.told += 1
            direction.stale += 1
            direction.rate = MEMORY * direction.rate + (1 - MEMORY) * improved
        if improved and elite is not None:
            direction.best = elite
            direction.stale = 0
        return improved
