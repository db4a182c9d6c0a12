"""Limits of a run, and what was spent of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What a run may spend; None means no limit."""

    trials: int | None = None
    seconds: float | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class Usage:
    """What a run has spent, over all of its sessions."""

    trials: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced_calls: int = 0
    """Model calls whose price is unknown: their cost is unknown too, never 0."""

    def exhausts(self, budget: Budget) -> str | None:
        """Return the name of the first limit that is reached, or None."""
        if budget.trials is not None and self.trials >= budget.trials:
            return "trials"
        if budget.seconds is not None and self.seconds >= budget.seconds:
            return "seconds"
        if budget.cost_usd is not None and self.cost_usd >= budget.cost_usd:
            return "cost_usd"
        return None
