"""Tuning as a search: which program's constants are tuned, and what was tried of them already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from adrs.model.trial import Selection, TellStatus, Trial, TrialState
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.options import Options, checked_options
from adrs.search.tally import Tally, primary_value

TUNE = "tuner"
"""What a selection's target asks for under `edit`, and how a candidate with tuned constants is marked."""

MOST = 96
"""So many trials are handed to the tuner; then it begins anew, from the best of them."""


class Campaign:
    """The constants of one program: what was tried, oldest first, and the best of it."""

    def __init__(self, program: str, value: float, place: Mapping[str, int | str]) -> None:
        """Begin with a program.

        Args:
            program: its digest.
            value: of the primary objective, turned so that larger is better.
            place: where it lives, in the words of the strategy that asked for it: so will what is tried.
        """
        self.program = program
        self.place = {key: value for key, value in place.items() if key != "edit"}
        self.tried: list[str] = []
        self.best, self.value = program, value

    def selection(self) -> Selection:
        """Return what the next trial builds on, with everything tried as its inspirations."""
        return Selection(self.program, tuple(self.tried), {**self.place, "edit": TUNE})

    def take(self, digest: str, value: float) -> None:
        """Take in what was tried; at `MOST`, the best becomes the program that is tuned."""
        if digest == self.program or digest in self.tried:
            return
        self.tried.append(digest)
        if value > self.value:
            self.best, self.value = digest, value
        if len(self.tried) >= MOST:
            self.program, self.tried = self.best, []

    def owns(self, trial: Trial) -> bool:
        """Whether a trial was one of this campaign, and its constants were tuned."""
        asked = trial.selection.target.get("edit") == TUNE and trial.selection.parent == self.program
        return asked and trial.candidate is not None and trial.candidate.edit == TUNE


class TunerOptions(Options):
    """What can be set with `--set strategy.NAME=VALUE`."""

    start: Literal["initial", "first"] = "initial"
    """Whose constants are tuned: the initial program's, or those of the first program that completes after
    it (with the tuner's option `baseline`, that is the baseline)."""


class Tuner(Strategy):
    """Every trial tunes the constants of one program: what a search's structure is held against."""

    def __init__(self, space: SearchSpace, options: Mapping[str, object]) -> None:
        """Check the options.

        Raises:
            ConfigError: an option is unknown or out of range.
        """
        super().__init__(space, options)
        self.options = checked_options("tuner", TunerOptions, options)
        self._campaign: Campaign | None = None
        self._value: float | None = None
        self._tally = Tally()

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Choose the program that is tuned."""
        if self._campaign is None:
            return Selection(self.space.initial, (), {"edit": TUNE})
        return self._campaign.selection()

    def tell(self, trial: Trial) -> TellStatus:
        """Take in what was tried."""
        value = primary_value(trial, self.space.objectives[0])
        status = TellStatus.NOT_ADDED
        if value is None or trial.candidate is None:
            return self._tally.add(trial, status)
        digest = trial.candidate.program.digest
        if self._campaign is None:
            initial = self.options.start == "initial"
            if trial.number == 0 if initial else trial.number != 0 and trial.candidate.edit != TUNE:
                self._campaign = Campaign(digest, value, {})
        elif self._campaign.owns(trial):
            self._campaign.take(digest, value)
        if self._value is None or value > self._value:
            status = TellStatus.NEW if self._value is None else TellStatus.IMPROVED
            self._value = value
        return self._tally.add(trial, status)

    def health(self) -> Mapping[str, float]:
        """Return counts of what was told, and how many points the tuner goes by."""
        return {**self._tally.health(), "tried": 0 if self._campaign is None else len(self._campaign.tried)}


class TunedOptions(Options):
    """How much of a run the tuner gets."""

    share: float = Field(default=0.0, ge=0, le=1)


class Tuned(Strategy):
    """Any strategy, with a share of the trials spent on the constants of the best program on train.

    The other strategy is told everything, and asked for the rest. Where the best program changes by a trial
    that was not the tuner's, tuning begins anew on it; where it has no constants, tuning waits for the next.
    The initial program is left alone: it is for the search to leave it first.
    """

    def __init__(self, inner: Strategy, share: float) -> None:
        """Keep the other strategy.

        Args:
            inner: decides on all other trials.
            share: of the trials, between 0 and 1.
        """
        super().__init__(inner.space, {})
        self._inner = inner
        self._share = TunedOptions(share=share).share
        self._campaign: Campaign | None = None
        self._value: float | None = None
        self._idle = False
        """Whether the best program has no constants to tune."""
        self._spent = 0
        self._improved = 0

    def ask(self, trial_number: int, rng: np.random.Generator, pending: Sequence[Selection]) -> Selection:
        """Tune where the share is not used up, else ask the other strategy."""
        tuning = sum(selection.target.get("edit") == TUNE for selection in pending)
        due = self._spent + tuning < self._share * trial_number
        if self._campaign is not None and not self._idle and due:
            return self._campaign.selection()
        others = [selection for selection in pending if selection.target.get("edit") != TUNE]
        return self._inner.ask(trial_number, rng, others)

    def tell(self, trial: Trial) -> TellStatus:
        """Tell the other strategy, and keep what tuning needs."""
        value = primary_value(trial, self.space.objectives[0])
        asked = trial.selection.target.get("edit") == TUNE
        self._spent += asked
        owned = self._campaign is not None and self._campaign.owns(trial)
        better = value is not None and (self._value is None or value > self._value)
        if asked and not owned and self._campaign is not None and trial.state is not TrialState.REJECTED:
            # Left to the other proposer, or of a program that is no longer the best.
            self._idle = self._idle or trial.selection.parent == self._campaign.program
        if owned and self._campaign is not None and value is not None and trial.candidate is not None:
            self._campaign.take(trial.candidate.program.digest, value)
            self._improved += better
        elif better and value is not None and trial.candidate is not None and trial.number != 0:
            place = trial.selection.target
            self._campaign, self._idle = Campaign(trial.candidate.program.digest, value, place), False
        self._value = value if better else self._value
        return self._inner.tell(trial)

    def health(self) -> Mapping[str, float]:
        """Return the other strategy's health, and what tuning took and brought."""
        return {**self._inner.health(), "tuned": self._spent, "tuned_improved": self._improved}
