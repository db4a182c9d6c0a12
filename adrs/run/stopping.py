"""When a run stops: limits, requests, and a breaker for failures that are ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from adrs.model.budget import Budget, Usage

BREAKER_AFTER = 5
"""Errors that are no candidate's fault, in a row or of one trial, before the run is paused."""


@dataclass
class StopRule:
    """Why no further trial may be asked for, if there is a reason."""

    budget: Budget
    requested: str | None = None
    """Set when a person or a failure asks for the end: one sentence or word."""
    errors_in_a_row: int = 0
    errors_of: Counter[int] = field(default_factory=Counter)
    """Errors by trial: one that never succeeds must not be tried for ever while others do."""

    def request(self, reason: str) -> None:
        """Ask for the end; the first reason stands."""
        if self.requested is None:
            self.requested = reason

    def trial_ended(self) -> None:
        """Close the breaker again: something worked."""
        self.errors_in_a_row = 0

    def trial_errored(self, reason: str, number: int | None = None) -> None:
        """Count an error that is ours; too many in a row, or of one trial, ask for the end.

        Args:
            reason: one sentence.
            number: the trial that is tried again for it.
        """
        self.errors_in_a_row += 1
        if self.errors_in_a_row >= BREAKER_AFTER:
            self.request(f"{self.errors_in_a_row} trials in a row failed for a reason of ours: {reason}")
        if number is None:
            return
        self.errors_of[number] += 1
        if self.errors_of[number] >= BREAKER_AFTER:
            self.request(f"trial {number} failed {BREAKER_AFTER} times for a reason of ours: {reason}")

    def reason(self, usage: Usage) -> str | None:
        """Return why no further trial may be asked for, or None."""
        return self.requested or usage.exhausts(self.budget)
