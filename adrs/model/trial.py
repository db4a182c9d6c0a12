"""A trial: one ask ... tell, numbered from 0 within its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adrs.model.evaluation import Evaluation
from adrs.model.program import Program


class TrialState(StrEnum):
    """Where a trial stands. All but RUNNING and ERRORED are final and are told to the strategy."""

    RUNNING = "running"
    COMPLETED = "completed"
    REJECTED = "rejected"
    PRUNED = "pruned"
    FAILED = "failed"
    ERRORED = "errored"


class TellStatus(StrEnum):
    """What a strategy did with a trial."""

    NEW = "new"
    IMPROVED = "improved"
    NOT_ADDED = "not_added"


@dataclass(frozen=True)
class Selection:
    """What `ask` returns: what to build on and where the result will live."""

    parent: str | None
    """Digest of the parent; None asks for a fresh program (the parent is then the initial one)."""
    inspirations: tuple[str, ...] = ()
    """Digests of other programs to learn from."""
    target: Mapping[str, int | str] = field(default_factory=dict)
    """Where the result will live, in the strategy's own words, such as `{"island": 2}`."""


@dataclass(frozen=True)
class Candidate:
    """Proposed, not yet evaluated."""

    program: Program
    edit: str
    """How it was expressed: `search_replace`, `rewrite`, or the names of syntax edits joined by `+`."""
    summary: str = ""
    """One line for people: what was changed."""


@dataclass(frozen=True)
class Trial:
    """A record of one trial. Build changed copies with `dataclasses.replace`."""

    run_id: str
    number: int
    state: TrialState
    selection: Selection
    asked_after: int
    """How many trials had been told when this one was asked: resume replays that order."""
    attempt: int = 0
    """The proposal attempt that the candidate came from; earlier ones were rejected."""
    candidate: Candidate | None = None
    evaluation: Evaluation | None = None
    """On train."""
    reason: str = ""
    """Why it was rejected, pruned, failed or errored: a kind, a colon, one line."""
    cost_usd: float = 0.0
    started_us: int = 0
    """UTC, integer microseconds."""
    ended_us: int = 0
    told: int | None = None
    """Its place in the order of tells; None while it has not been told."""
    status: TellStatus | None = None

    @property
    def program(self) -> Program:
        """The candidate's program.

        Raises:
            ValueError: nothing was proposed for this trial.
        """
        if self.candidate is None:
            raise ValueError(f"trial {self.number} has no candidate")
        return self.candidate.program

    @property
    def measured(self) -> Evaluation:
        """The evaluation on train.

        Raises:
            ValueError: the trial was not evaluated.
        """
        if self.evaluation is None:
            raise ValueError(f"trial {self.number} was not evaluated")
        return self.evaluation

    @property
    def kind(self) -> str:
        """The kind of the failure or rejection: the part of `reason` before the colon."""
        return self.reason.partition(":")[0]
