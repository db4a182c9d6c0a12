"""Pareto: keep what is best somewhere, build on all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.frontier import Frontier, Member
from adrs.search.options import Options, checked_options
from adrs.search.tally import Tally, primary_value

DRAWS = 4
"""How often a program that is taken already is drawn again before it is accepted or left out."""


class ParetoOptions(Options):
    """What can be set with `--set strategy.NAME=VALUE`."""

    capacity: int = Field(default=64, ge=1, le=1024)
    """The most programs on the frontier."""
    exploit: float = Field(default=0.4, ge=0, le=1)
    """Chance that the parent is the best by the aggregate."""
    specialists: float = Field(default=0.5, ge=0, le=1)
    """Otherwise: the chance that it is the best on a random share of the workloads, else one seldom built
    on."""
    inspirations: int = Field(default=2, ge=0, le=16)
    """Other programs to learn from: those that are better where the parent is weak."""


class Pareto(Strategy):
    """Builds on the frontier over train workloads: on the best, on specialists, and on what lies between.

    Inspirations complement the parent, so that recombination can join what two programs are good at.
    """

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check the options and start with an empty frontier.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        super().__init__(space, options)
        self.options = checked_options("pareto", ParetoOptions, options)
        self._frontier = Frontier(space.objectives[0], self.options.capacity)
        self._value: float | None = None
        self._tally = Tally()

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Choose a parent on the frontier; one that is being built on is avoided where there is another."""
        best = self._frontier.best
        if best is None:
            return Selection(self.space.initial)
        busy = {selection.parent for selection in pending}
        parent = best
        if best.digest in busy or rng.random() >= self.options.exploit:
            for _ in range(DRAWS):
                parent = self._other(rng, busy)
                if parent.digest not in busy:
                    break
        return Selection(parent.digest, self._inspirations(parent, rng))

    def tell(self, trial: Trial) -> TellStatus:
        """Put a completed program on the frontier unless it is dominated."""
        value = primary_value(trial, self.space.objectives[0])
        status = TellStatus.NOT_ADDED
        if trial.number != 0:
            self._frontier.note_child(trial.selection.parent or self.space.initial)
        if value is not None and trial.evaluation is not None and trial.candidate is not None:
            better = self._value is not None and value > self._value
            if self._frontier.add(trial.candidate.program.digest, value, trial.evaluation):
                status = TellStatus.IMPROVED if better else TellStatus.NEW
            self._value = value if self._value is None or better else self._value
        return self._tally.add(trial, status)

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told, the size of the frontier and how many are best somewhere."""
        return {
            **self._tally.health(),
            "frontier": len(self._frontier),
            "specialists": self._frontier.specialists,
        }

    def _other(self, rng: np.random.Generator, busy: set[str | None]) -> Member:
        if rng.random() < self.options.specialists:
            return self._frontier.draw_specialist(rng)
        return self._frontier.draw_fresh(rng, busy)

    def _inspirations(self, parent: Member, rng: np.random.Generator) -> tuple[str, ...]:
        """Return programs unlike the parent, in turn a complement and any other."""
        found = {parent.digest: None}
        for turn in range(self.options.inspirations):
            for _ in range(DRAWS):
                if turn % 2 == 0:
                    digest = self._frontier.draw_complement(parent.digest, rng).digest
                else:
                    digest = self._frontier.draw_fresh(rng).digest
                if digest not in found:
                    found[digest] = None
                    break
        return tuple(found)[1:]
