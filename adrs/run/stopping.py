"""When a run stops: limits, requests, and a breaker for failures that are ours."""

from __future__ import annotations

from dataclasses import dataclass

from adrs.model.budget import Budget, Usage

BREAKER_AFTER = 5
"""Errors in a row that are nobody's candidate's fault before the run is paused."""


@dataclass
class StopRule:
    """Why no further trial may be asked for, if there is a reason."""

    budget: Budget
    requested: str | None = None
    """Set when a person or a failure asks for the end: one sentence or word."""
    errors_in_a_row: int = 0

    def request(self, reason: str) -> None:
        """Ask for the end; the first reason stands."""
        if self.requested is None:
            self.requested = reason

    def trial_ended(self) -> None:
        """Close the breaker again: something worked."""
        self.errors_in_a_row = 0

    def trial_errored(self, reason: str) -> None:
        """Count an error that is ours; too many in a row ask for the end."""
        self.errors_in_a_row += 1
        if self.errors_in_a_row >= BREAKER_AFTER:
            self.request(f"{self.errors_in_a_row} trials in a row failed for a reason of ours: {reason}")

    def reason(self, usage: Usage) -> str | None:
        """Return why no further trial may be asked for, or None."""
        return self.requested or usage.exhausts(self.budget)
