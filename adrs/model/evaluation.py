"""What an evaluation of a program found: one result per workload, and their aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adrs.model.certificate import Certificate


class FailureKind(StrEnum):
    """What went wrong in a candidate. Every kind is the candidate's own fault."""

    SYNTAX = "syntax"
    FORBIDDEN = "forbidden"
    EXCEPTION = "exception"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    CRASH = "crash"


class Split(StrEnum):
    """Which workloads: what the search sees, what chooses, what is sealed, what lies elsewhere."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    SHIFT = "shift"


@dataclass(frozen=True)
class Failure:
    """Why a candidate counts its worst on a workload."""

    kind: FailureKind
    reason: str
    """One line, already stripped of control characters and capped."""


@dataclass(frozen=True)
class WorkloadResult:
    """One program on one workload."""

    index: int
    cell: str
    """The parameter cell that the workload was drawn from; resampling keeps to it."""
    values: Mapping[str, float]
    """Every objective in its own unit, clamped to `worst`."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    failure: Failure | None = None


@dataclass(frozen=True)
class Evaluation:
    """One program on the workloads `0 .. len(results) - 1` of one split, under one opening."""

    split: Split
    opening: int
    results: tuple[WorkloadResult, ...]
    objectives: Mapping[str, float]
    """The declared aggregate of each objective over `results`."""
    complete: bool
    """Whether every workload of the split was measured."""
    isolated: bool
    """Whether each workload had a child process of its own."""
    differs_when_isolated: bool = False
    measures: Mapping[str, float] = field(default_factory=dict)
    """Where the program lives in an elite grid."""
    feedback: str = ""
    """Short text for the next prompt; only ever of train."""
    behaviour: str = ""
    """Digest of everything that the candidate answered on the probe."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """CPU seconds of the candidate's own processes."""
    sandbox: str = ""
    """The back-end that it ran in."""
    certificate: Certificate | None = None
    """What that back-end guaranteed, where it was measured by workers of ours."""

    @property
    def failure(self) -> Failure | None:
        """The first failure in workload order, or None."""
        return next((r.failure for r in self.results if r.failure is not None), None)

    def values(self, objective: str) -> tuple[float, ...]:
        """Return one objective's value per workload, in workload order."""
        return tuple(result.values[objective] for result in self.results)
