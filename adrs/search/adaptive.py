"""Adaptive: how much is explored, and how, follows from what brings improvements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.directions import MEMORY, Directions
from adrs.search.frontier import Frontier
from adrs.search.grid import Elite, EliteGrid
from adrs.search.options import Options, checked_options
from adrs.search.placement import PlaceBy, Placement
from adrs.search.tally import Tally, primary_value

DRAWS = 4
"""How often a program that is taken already is drawn again before it is accepted or left out."""

ENOUGH = 0.2
"""The success rate at which nothing beyond `explore_least` is explored: one in five (Rechenberg, 1973)."""

NOTHING = TellStatus.NOT_ADDED

MODES = ("cell", "specialist")
"""Ways to explore: from a seldom used cell of behaviour, and from the frontier over workloads."""


class AdaptiveOptions(Options):
    """What can be set with `--set strategy.NAME=VALUE`."""

    directions: int = Field(default=4, ge=1, le=64)
    """Climbs at the same time."""
    patience: int = Field(default=40, ge=1, le=10_000)
    """Trials without an improvement after which a direction has stalled; where all have, a new one opens."""
    explore_least: float = Field(default=0.2, ge=0, le=1)
    """Share of trials that explore while climbing pays."""
    explore_most: float = Field(default=0.7, ge=0, le=1)
    """Share of trials that explore where nothing improves."""
    inspirations: int = Field(default=2, ge=0, le=16)
    """Other programs to learn from."""
    place_by: PlaceBy = "auto"
    """What a program's cell comes from: see `adrs.search.placement`."""
    capacity: int = Field(default=64, ge=1, le=1024)
    """The most programs on the frontier over workloads."""


class Adaptive(Strategy):
    """Climbs while that improves, explores while it does not, and turns elsewhere where all have stalled.

    Every trial either climbs (from the best of one of a few directions) or explores (from a seldom used cell
    of behaviour, or from the frontier over workloads). The share that explores falls with the success rate of
    climbing; between the two ways to explore, the one that adds more is taken more often. A new direction
    starts in turn from the initial program and from the elite that behaves least like the best.

    The target names what was done, as in `{"direction": 2}` or `{"explore": "cell"}`.
    """

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check the options and start with nothing.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        super().__init__(space, options)
        self.options = checked_options("adaptive", AdaptiveOptions, options)
        self._placement = Placement(self.options.place_by, None, space.objectives[0])
        self._grid = EliteGrid()
        self._frontier = Frontier(space.objectives[0], self.options.capacity)
        self._directions = Directions(self.options.directions, self.options.patience)
        self._initial: Elite | None = None
        self._rate = 0.5
        self._pays = dict.fromkeys(MODES, 0.5)
        self._tally = Tally()

    @property
    def exploring(self) -> float:
        """The share of trials that explore now."""
        least, most = self.options.explore_least, max(self.options.explore_least, self.options.explore_most)
        return most - (most - least) * min(1.0, self._rate / ENOUGH)

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Climb or explore, by the improvement signal."""
        if self._initial is None:
            return Selection(self.space.initial)
        if rng.random() < self.exploring:
            return self._explore(rng, {selection.parent for selection in pending})
        in_flight: Counter[object] = Counter(selection.target.get("direction") for selection in pending)
        number = self._directions.choose(in_flight)
        parent = self._directions[number].best
        learn = self._inspirations(parent, rng) if self._is_mature(number) else ()
        return Selection(parent.digest, learn, {"direction": number})

    def tell(self, trial: Trial) -> TellStatus:
        """Learn what paid, keep what is new, and open a new direction where all have stalled."""
        elite = self._elite(trial)
        parent = trial.selection.parent or self.space.initial
        if trial.number != 0:
            self._grid.note_child(parent)
            self._frontier.note_child(parent)
        kept = NOTHING if elite is None else self._keep(trial, elite)
        improved = self._learn(trial, elite, kept is not NOTHING)
        if self._initial is not None and self._directions.stalled:
            self._directions.open(self._start())
        if improved and kept is NOTHING:
            kept = TellStatus.IMPROVED
        return self._tally.add(trial, kept)

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told, what is explored, and how directions, cells and frontier stand."""
        return {
            **self._tally.health(),
            "exploring": self.exploring,
            "success_rate": self._rate,
            **{f"pays_{mode}": pays for mode, pays in self._pays.items()},
            "directions": len(self._directions),
            "directions_opened": self._directions.opened,
            "cells": self._placement.cells,
            "cells_filled": len(self._grid),
            "frontier": len(self._frontier),
        }

    def _explore(self, rng: np.random.Generator, busy: set[str | None]) -> Selection:
        total = sum(self._pays.values()) + 0.1 * len(MODES)
        mode = MODES[int(rng.random() * total >= self._pays[MODES[0]] + 0.1)]
        parent = self._grid.draw_fresh(rng, busy).digest
        for _ in range(DRAWS):
            if mode == "specialist":
                parent = self._frontier.draw_specialist(rng).digest
            if parent not in busy:
                break
            parent = self._grid.draw_fresh(rng, busy).digest
        elite = Elite(parent, 0.0, ())
        return Selection(parent, self._inspirations(elite, rng), {"explore": mode})

    def _inspirations(self, parent: Elite, rng: np.random.Generator) -> tuple[str, ...]:
        """Return programs unlike the parent, in turn a complement on workloads and one of another cell."""
        found = {parent.digest: None}
        for turn in range(self.options.inspirations):
            for _ in range(DRAWS):
                if turn % 2 == 0:
                    digest = self._frontier.draw_complement(parent.digest, rng).digest
                else:
                    digest = self._grid.draw(rng).digest
                if digest not in found:
                    found[digest] = None
                    break
        return tuple(found)[1:]

    def _is_mature(self, number: int) -> bool:
        """Whether a direction may learn from others: a young one would be led back to where they are."""
        direction = self._directions[number]
        return direction.told >= self.options.patience or number == self._directions.best

    def _elite(self, trial: Trial) -> Elite | None:
        value = primary_value(trial, self.space.objectives[0])
        if value is None or trial.evaluation is None or trial.candidate is None:
            return None
        if trial.number == 0:
            self._placement.anchor(trial.evaluation)
        elite = Elite(trial.candidate.program.digest, value, self._placement.cell(trial.evaluation))
        if trial.number == 0:
            self._initial = elite
            self._directions.open(elite)
        return elite

    def _keep(self, trial: Trial, elite: Elite) -> TellStatus:
        """Add to grid and frontier; NEW where either had no place for it before, IMPROVED in a cell."""
        status = self._grid.add(elite)
        assert trial.evaluation is not None  # noqa: S101  (an elite was measured)
        on_frontier = self._frontier.add(elite.digest, elite.value, trial.evaluation)
        return TellStatus.NEW if status is NOTHING and on_frontier else status

    def _learn(self, trial: Trial, elite: Elite | None, kept: bool) -> bool:
        """Book a trial to what it was asked for; return whether a direction's best improved."""
        if trial.number == 0 or not len(self._directions):
            return False
        number, mode = trial.selection.target.get("direction"), trial.selection.target.get("explore")
        if isinstance(number, int) and number in self._directions:
            improved = self._directions.take(number, elite, own=True)
            self._rate = MEMORY * self._rate + (1 - MEMORY) * improved
            return improved
        if isinstance(mode, str) and mode in self._pays:
            self._pays[mode] = MEMORY * self._pays[mode] + (1 - MEMORY) * kept
        best = self._directions.best
        return best is not None and self._directions.take(best, elite, own=False)

    def _start(self) -> Elite:
        """Return where a new direction starts."""
        assert self._initial is not None  # noqa: S101  (nothing stalls before it was told)
        best = self._directions.best
        taken = self._directions.programs
        if self._directions.opened % 2 == 1 or best is None:
            return self._initial
        return self._grid.farthest_from(self._directions[best].best.cell, taken) or self._initial
