"""The one contract of every search strategy: `ask` and `tell`.

A strategy is pure and in memory: no disk, no model, no clock, no randomness but the generator it is handed.
Its state is a fold over the trials it was told, so that resume is replay: build a new one, tell it the
recorded trials in their recorded order, and it stands where it stood.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adrs.model.problem import Objective
from adrs.model.trial import Selection, TellStatus, Trial


@dataclass(frozen=True)
class SearchSpace:
    """What a strategy knows of the problem."""

    objectives: tuple[Objective, ...]
    initial: str
    """Digest of the initial program; it is told as trial 0 before anything is asked."""


class Strategy(ABC):
    """Decides what to build on."""

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Keep what is known of the problem, and check the options.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        self.space = space

    @abstractmethod
    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Choose a parent and inspirations. Changes no state.

        Args:
            trial_number: the trial that is asked for.
            rng: this trial's own random numbers.
            pending: selections of trials that are in flight.
        """

    @abstractmethod
    def tell(self, trial: Trial) -> TellStatus:
        """Take in a trial that has ended (COMPLETED, PRUNED, FAILED or REJECTED, never ERRORED)."""

    @abstractmethod
    def health(self) -> Mapping[str, float]:
        """Return what shows that the search does what it says: islands populated, cells filled, and so on."""
