"""The elite grid of one island: in every cell the best program that was seen there."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from adrs.model.trial import TellStatus

Cell = tuple[int, ...]
"""One bin per dimension; the empty tuple where everything is one cell."""

LOOKED_AT = 8
"""How many elites are drawn when a distant one is wanted."""

DRAWN = 2
"""How many cells are drawn for a parent: of these, the one that was built on least."""


class Elite(NamedTuple):
    """The best program of a cell: all that is kept of a trial."""

    digest: str
    value: float
    """The primary objective, turned so that larger is better."""
    cell: Cell


class EliteGrid:
    """Elites by cell (MAP-Elites; Mouret and Clune, Illuminating search spaces by mapping elites, 2015).

    Adding and drawing take the same time however many elites there are. Memory is one `Elite` per cell.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._elites: list[Elite] = []
        self._places: dict[Cell, int] = {}
        self._built_on: list[int] = []
        self._homes: dict[str, int] = {}
        self._best: int | None = None

    def __len__(self) -> int:
        """Return how many cells are filled."""
        return len(self._elites)

    @property
    def best(self) -> Elite | None:
        """The elite of the highest value, of equal ones the first told; None while the grid is empty."""
        return None if self._best is None else self._elites[self._best]

    def add(self, elite: Elite) -> TellStatus:
        """Put a program into its cell if that is empty or holds a worse one; of equals the first stays."""
        place = self._places.get(elite.cell)
        if place is None:
            status, place = TellStatus.NEW, len(self._elites)
            self._places[elite.cell] = place
            self._elites.append(elite)
            self._built_on.append(0)
        elif elite.value > self._elites[place].value:
            status = TellStatus.IMPROVED
            self._homes.pop(self._elites[place].digest, None)
            self._elites[place] = elite
            self._built_on[place] = 0
        else:
            return TellStatus.NOT_ADDED
        self._homes[elite.digest] = place
        if self._best is None or elite.value > self._elites[self._best].value or place == self._best:
            self._best = place
        return status

    def note_child(self, parent: str) -> None:
        """Note that a program was built on, if it is still an elite."""
        place = self._homes.get(parent)
        if place is not None:
            self._built_on[place] += 1

    def draw_fresh(self, rng: np.random.Generator, busy: Collection[str | None] = ()) -> Elite:
        """Return, of a few random elites, one that is not busy and has the fewest children so far.

        New elites get their turn soon, which carries a search over a plateau.

        Raises:
            ValueError: the grid is empty.
        """
        drawn = [int(place) for place in rng.integers(len(self._elites), size=DRAWN)]
        return self._elites[min(drawn, key=lambda it: (self._elites[it].digest in busy, self._built_on[it]))]

    def draw(self, rng: np.random.Generator) -> Elite:
        """Return the elite of a random filled cell.

        Raises:
            ValueError: the grid is empty.
        """
        return self._elites[int(rng.integers(len(self._elites)))]

    def draw_far_from(self, cell: Cell, rng: np.random.Generator) -> Elite:
        """Return the elite farthest from a cell, in bins, among a few drawn at random.

        Raises:
            ValueError: the grid is empty.
        """
        return max((self.draw(rng) for _ in range(LOOKED_AT)), key=lambda elite: _distance(elite.cell, cell))

    def farthest_from(self, cell: Cell, without: Collection[str]) -> Elite | None:
        """Return the elite farthest from a cell that is not among some programs; of equals the best."""
        others = [elite for elite in self._elites if elite.digest not in without]
        return max(others, key=lambda elite: (_distance(elite.cell, cell), elite.value), default=None)


def _distance(left: Cell, right: Cell) -> int:
    return sum(abs(a - b) for a, b in zip(left, right, strict=False))
