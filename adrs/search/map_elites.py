"""MAP-Elites with islands: many different good programs, improved side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.grid import Elite, EliteGrid
from adrs.search.options import Options, checked_options
from adrs.search.placement import PlaceBy, Placement
from adrs.search.tally import Tally, primary_value

DRAWS = 4
"""How often a program that is taken already is drawn again before it is accepted or left out."""


class MapElitesOptions(Options):
    """What can be set with `--set strategy.NAME=VALUE`."""

    islands: int = Field(default=4, ge=1, le=64)
    """Grids that evolve apart from each other."""
    bins: int | None = Field(default=None, ge=1, le=100)
    """Cells per dimension of a grid; None for as many as make about 64 cells, at most 16 a dimension."""
    place_by: PlaceBy = "auto"
    """What a program's cell comes from: see `adrs.search.placement`."""
    exploit: float = Field(default=0.4, ge=0, le=1)
    """Chance that the parent is the island's best; otherwise a seldom used cell's."""
    inspirations: int = Field(default=2, ge=0, le=16)
    """Other programs to learn from."""
    migrate_every: int = Field(default=50, ge=0)
    """After so many tells each island sends a copy of its best to the next one; 0 for never."""


class MapElites(Strategy):
    """Islands of elite grids, with ring migration (islands as in FunSearch, Romera-Paredes et al., 2023).

    The initial program lives on every island. Only programs that completed on all of train are kept or built
    on; every other outcome is counted. Ask and tell take the same time at any number of trials.
    """

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check the options and start with empty islands.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        super().__init__(space, options)
        self.options = checked_options("map_elites", MapElitesOptions, options)
        self._placement = Placement(self.options.place_by, self.options.bins, space.objectives[0])
        self._islands = [EliteGrid() for _ in range(self.options.islands)]
        self._load = [0] * self.options.islands
        self._kept = [0] * self.options.islands
        self._tally = Tally()
        self._copies = 0

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Choose the island with the fewest trials told and in flight, and a parent on it.

        Args:
            trial_number: which of equally loaded islands comes first turns with it.
            rng: this trial's own random numbers.
            pending: a parent that an island is busy with already is avoided where there is another.
        """
        home = self._least_loaded(trial_number, pending)
        grid = self._islands[home]
        target: Mapping[str, int | str] = {"island": home}
        if grid.best is None:
            return Selection(self.space.initial, (), target)
        busy = {selection.parent for selection in pending if selection.target.get("island") == home}
        parent = grid.best
        if parent.digest in busy or rng.random() >= self.options.exploit:
            for _ in range(DRAWS):
                parent = grid.draw_fresh(rng, busy)
                if parent.digest not in busy:
                    break
        return Selection(parent.digest, self._inspirations(home, parent, rng), target)

    def tell(self, trial: Trial) -> TellStatus:
        """Put a completed program into its cell, and migrate when it is time."""
        home = self._home(trial)
        value = primary_value(trial, self.space.objectives[0])
        status = TellStatus.NOT_ADDED
        if value is not None and trial.evaluation is not None and trial.candidate is not None:
            if trial.number == 0:
                self._placement.anchor(trial.evaluation)
            elite = Elite(trial.candidate.program.digest, value, self._placement.cell(trial.evaluation))
            if trial.number == 0:
                for grid in self._islands:
                    status = grid.add(elite)
            else:
                status = self._islands[home].add(elite)
                self._kept[home] += status is not TellStatus.NOT_ADDED
        if trial.number != 0:
            self._load[home] += 1
            self._islands[home].note_child(trial.selection.parent or self.space.initial)
        self._tally.add(trial, status)
        if self.options.migrate_every and self._tally.told % self.options.migrate_every == 0:
            self._migrate()
        return status

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told, and how the islands stand.

        `islands_populated` counts islands that keep, or kept, a program of their own making; `cells` is the
        number of cells of one island, and the filled ones are given for the fullest and the emptiest island.
        """
        filled = [len(grid) for grid in self._islands]
        return {
            **self._tally.health(),
            "islands": len(self._islands),
            "islands_populated": sum(kept > 0 for kept in self._kept),
            "island_trials_min": min(self._load),
            "island_trials_max": max(self._load),
            "cells": self._placement.cells,
            "cells_filled_min": min(filled),
            "cells_filled_max": max(filled),
            "migrated": self._copies,
        }

    def _least_loaded(self, trial_number: int, pending: Sequence[Selection]) -> int:
        asked = Counter(selection.target.get("island") for selection in pending)
        count = len(self._islands)
        turn = [(trial_number + step) % count for step in range(count)]
        return min(turn, key=lambda island: self._load[island] + asked[island])

    def _home(self, trial: Trial) -> int:
        """Return the island of a trial; one that was asked for by something else gets one by its number."""
        island = trial.selection.target.get("island")
        if isinstance(island, int) and 0 <= island < len(self._islands):
            return island
        return trial.number % len(self._islands)

    def _inspirations(self, home: int, parent: Elite, rng: np.random.Generator) -> tuple[str, ...]:
        """Return programs unlike the parent, in turn from a distant cell and from another island."""
        wanted = self.options.inspirations
        found = {parent.digest: None}
        for turn in range(wanted):
            for _ in range(DRAWS):
                digest = self._unlike(turn, home, parent, rng).digest
                if digest not in found:
                    found[digest] = None
                    break
        return tuple(found)[1:]

    def _unlike(self, turn: int, home: int, parent: Elite, rng: np.random.Generator) -> Elite:
        count = len(self._islands)
        if turn % 2 == 0 or count == 1:
            return self._islands[home].draw_far_from(parent.cell, rng)
        other = self._islands[(home + 1 + int(rng.integers(count - 1))) % count]
        best = other.best
        return best if best is not None and rng.random() < 0.5 else other.draw(rng)

    def _migrate(self) -> None:
        """Copy the best of each island to the next one in the ring, all as they stood before."""
        if len(self._islands) == 1:
            return
        champions = [grid.best for grid in self._islands]
        for island, champion in enumerate(champions):
            if champion is not None:
                status = self._islands[(island + 1) % len(self._islands)].add(champion)
                self._copies += status is not TellStatus.NOT_ADDED
