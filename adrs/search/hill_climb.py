"""Hill climbing: always build on the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.options import Options, checked_options
from adrs.search.tally import Tally, primary_value


class HillClimbOptions(Options):
    """There is nothing to set."""


class HillClimb(Strategy):
    """The parent is the best program told; of equals, the first. A control: what does diversity add?"""

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check that there are no options.

        Raises:
            ConfigError: an option was given.
        """
        super().__init__(space, options)
        checked_options("hill_climb", HillClimbOptions, options)
        self._best = space.initial
        self._value: float | None = None
        self._tally = Tally()

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Choose the best program, whatever is in flight."""
        return Selection(self._best)

    def tell(self, trial: Trial) -> TellStatus:
        """Move to a completed program that is better than the best."""
        value = primary_value(trial, self.space.objectives[0])
        status = TellStatus.NOT_ADDED
        if value is not None and trial.candidate is not None and (self._value is None or value > self._value):
            status = TellStatus.NEW if self._value is None else TellStatus.IMPROVED
            self._best, self._value = trial.candidate.program.digest, value
        return self._tally.add(trial, status)

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told."""
        return self._tally.health()
