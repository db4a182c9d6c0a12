"""Best of N: the control that every search must beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from adrs.model.trial import Selection, TellStatus, Trial
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.options import Options, checked_options
from adrs.search.tally import Tally, primary_value


class BestOfNOptions(Options):
    """What can be set with `--set strategy.NAME=VALUE`."""

    depth: int = Field(default=1, ge=1, le=10_000)
    """How many edits a sample may be away from the initial program."""


class BestOfN(Strategy):
    """Independent samples from the initial program; scores steer nothing.

    With `depth` 1 the parent is always the initial program. With more, samples are chains: each trial edits
    the program that the chain's last completed trial made, better or worse, and after `depth` edits a new
    chain starts from the initial program. Programs are then as many edits away as a search of that depth
    could take them, for the same number of trials, and the only thing missing is selection.
    A trial that did not complete is an edit without effect, so that no chain gets stuck.

    The target names the chain and the edit, as in `{"chain": 3, "edit": 2}`.
    """

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check the options and start with no chain.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        super().__init__(space, options)
        self.options = checked_options("best_of_n", BestOfNOptions, options)
        self._open: dict[int, tuple[str, int]] = {}
        self._chains = 0
        self._value: float | None = None
        self._tally = Tally()

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Go on with the oldest chain that nobody works on, or start a new one."""
        taken = {selection.target.get("chain") for selection in pending}
        for chain, (digest, edits) in self._open.items():
            if chain not in taken:
                return Selection(digest, (), {"chain": chain, "edit": edits + 1})
        new = max((chain + 1 for chain in taken if isinstance(chain, int)), default=0)
        return Selection(self.space.initial, (), {"chain": max(new, self._chains), "edit": 1})

    def tell(self, trial: Trial) -> TellStatus:
        """Lengthen or end the trial's chain, and note whether it is the best so far."""
        value = primary_value(trial, self.space.objectives[0])
        status = TellStatus.NOT_ADDED
        built = trial.candidate.program.digest if value is not None and trial.candidate is not None else None
        self._lengthen(trial, built)
        if value is not None and (self._value is None or value > self._value):
            status = TellStatus.NEW if self._value is None else TellStatus.IMPROVED
            self._value = value
        return self._tally.add(trial, status)

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told, of chains started, and of those not yet at full depth."""
        return {**self._tally.health(), "chains": self._chains, "chains_open": len(self._open)}

    def _lengthen(self, trial: Trial, built: str | None) -> None:
        chain, edit = trial.selection.target.get("chain"), trial.selection.target.get("edit")
        if not isinstance(chain, int) or not isinstance(edit, int):
            return  # the initial program, or one that this strategy did not ask for
        self._chains = max(self._chains, chain + 1)
        if edit < self.options.depth:
            before, _ = self._open.get(chain, (self.space.initial, 0))
            self._open[chain] = (built or before, edit)
        else:
            self._open.pop(chain, None)
