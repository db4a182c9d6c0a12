"""A run: what was asked for, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    """A process works on it, or was killed while it did."""
    PAUSED = "paused"
    FINISHED = "finished"
    IMPORTED = "imported"
    """It stands for a program that came in a bundle: it has no trials, and there is nothing to go on with."""


@dataclass(frozen=True)
class RunRecord:
    """A run as the archive knows it."""

    id: str
    """ULID."""
    problem_id: str
    problem_version: int
    problem_digest: str
    config: Mapping[str, Any]
    """The resolved configuration, as plain JSON."""
    seed: int
    state: RunState
    initial: str
    """Digest of the initial program."""
    champion: str | None = None
    stop_reason: str = ""
    adrs_version: str = ""
    evaluator_digest: str = ""
    """`Problem.evaluator_digest` when the run was made."""
    search_digest: str = ""
    """Of the code that searched, all the time; empty where it changed on the way, or nobody knows it."""
    created_us: int = 0
    ended_us: int = 0
    seconds: float = 0.0
    """Time worked on it, over all sessions."""
