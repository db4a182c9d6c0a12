"""What the archive hands out besides trials and runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adrs.model.evaluation import Evaluation


class Purpose(StrEnum):
    """What an evaluation was made for."""

    TRAIN = "train"
    GROWN = "grown"
    """On a train set that has grown: a baseline, or a program that was carried over (`adrs.run.growth`)."""
    REMEASURED = "remeasured"
    """A challenger on train again, one child per workload."""
    VALIDATION = "validation"
    """It chose the champion: a number on it is labelled *selected*."""
    CONFIRM = "confirm"
    """The one unselected draw at the end of a run."""
    TEST = "test"
    IMPORTED = "imported"
    """A bundle says so; it was not measured for this archive."""


@dataclass(frozen=True)
class Opening:
    """One fresh draw of a split."""

    number: int
    """From 1 within the problem and split."""
    purpose: str
    program: str | None
    """Digest of the program that it was drawn for."""
    at_us: int


@dataclass(frozen=True)
class Proposal:
    """One attempt of a trial: a program, or why there is none. Both may hold (a duplicate).

    It names the program by digest only: a run has many. `Archive.candidate` returns the candidate itself.
    """

    run_id: str
    number: int
    attempt: int
    program: str | None
    """Digest."""
    edit: str = ""
    summary: str = ""
    reason: str = ""
    """Why it was rejected: a kind, a colon, one line; empty where it was taken."""
    normal_form: str = ""
    """Digest of the program without what cannot change its behaviour: comments, names, layout."""
    """Digest of everything that the candidate answered on the probe."""
    at_us: int = 0


@dataclass(frozen=True)
class EvaluationRecord:
    """One evaluation, and what it was made with."""

    run_id: str
    number: int | None
    """The trial that it belongs to; None where it was made of a champion or a baseline."""
    program: str
    """Digest."""
    purpose: Purpose
    evaluation: Evaluation
    problem_digest: str
    evaluator_digest: str
    adrs_version: str
    at_us: int


@dataclass(frozen=True)
class Incident:
    """A trial that ended ERRORED before it was tried again."""

    run_id: str
    number: int
    reason: str
    at_us: int


@dataclass(frozen=True)
class Artifact:
    """Something that a trial left to look at: a log, a prompt, a picture."""

    run_id: str
    number: int | None
    name: str
    media_type: str
    digest: str
    """SHA-256 of the content."""
    size: int
    """Bytes."""
    at_us: int
