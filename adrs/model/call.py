"""One call to a model, as it is recorded the moment the answer arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelCall:
    """One call to a model, as it is recorded the moment the answer arrives."""

    model: str
    role: str
    """What it was for: `propose`, `repair`."""
    request: str
    """Canonical JSON of what was sent."""
    answer: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where the model's price is unknown."""
    usage: Mapping[str, object]
    """The provider's own usage object, verbatim."""
    started_us: int
    ended_us: int


@dataclass(frozen=True)
class CallCost:
    """What one recorded call cost, without what was said in it."""

    number: int
    """Of its trial."""
    attempt: int
    role: str
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None where the model's price is unknown."""


@dataclass(frozen=True)
class RecordedAnswer:
    """What a model answered to an attempt before the run was interrupted; never asked for again."""

    text: str
    begun: int
    """How often parsing it was begun without an end: after the second time it is rejected, not parsed."""
