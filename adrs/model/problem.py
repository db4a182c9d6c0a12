"""What a problem's `problem.toml` says, checked and typed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Direction = Literal["minimize", "maximize"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


ALWAYS_IMPORTABLE = (
    "bisect",
    "collections",
    "dataclasses",
    "functools",
    "heapq",
    "itertools",
    "math",
    "typing",
)
"""Modules that every candidate may import."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Objective(_Section):
    """A number that is searched on."""

    name: Name
    unit: str
    direction: Direction
    aggregate: Literal["mean", "median", "geometric_mean", "sum"] = "mean"
    """How per-workload values become one number: the one that the field reports."""
    noise: Literal["none", "measured"] = "none"

    @property
    def sign(self) -> int:
        """+1 where larger is better, -1 where smaller is better."""
        return 1 if self.direction == "maximize" else -1


class Limits(_Section):
    """What one candidate may use and import."""

    cpu_s: float = Field(default=1.0, gt=0, le=3600)
    """CPU seconds per workload; the wall limit is a multiple."""
    memory_mib: int = Field(default=512, ge=16, le=1 << 20)
    """Growth of the address space over the zygote."""
    imports: tuple[str, ...] = ("interface",)
    """Modules besides `ALWAYS_IMPORTABLE`; never one that tells the time."""
    libraries: tuple[str, ...] = ()
    """Third-party distributions that the sandbox holds, such as numpy."""


class Splits(_Section):
    """How many workloads each split has, and the stages that train is raced in."""

    train: int = Field(default=200, ge=1)
    validation: int = Field(default=200, ge=1)
    test: int = Field(default=400, ge=1)
    shift: int = Field(default=0, ge=0)
    stages: tuple[int, ...] = (8, 40)
    """Rising counts of train workloads before all of train; none where a race costs more than it saves."""

    @property
    def every_stage(self) -> tuple[int, ...]:
        """The counts of train workloads in their order: the first is the probe, the last is all of train."""
        return (*self.stages, self.train)

    @model_validator(mode="after")
    def _rising(self) -> Splits:
        counts = (0, *self.every_stage)
        if any(a >= b for a, b in pairwise(counts)):
            raise ValueError(f"stages {list(self.stages)} must rise and stay below train = {self.train}")
        return self


class Baseline(_Section):
    """A published algorithm that results are compared with."""

    name: str
    file: str | None = None
    kind: Literal["reimplemented", "cited"] = "reimplemented"
    cite: str
    values: dict[str, float] = Field(default_factory=dict)
    """Published numbers of a cited baseline: shown, never a bar that is beaten."""
    beats: tuple[str, ...] = ()
    """Other baselines, or `initial`, that it is published to be better than; `adrs check` looks."""

    @model_validator(mode="after")
    def _file_or_number(self) -> Baseline:
        if (self.kind == "reimplemented") != (self.file is not None):
            raise ValueError(
                f"baseline {self.name!r}: a reimplemented baseline names a file, a cited one does not"
            )
        return self


class ProblemSpec(_Section):
    """The whole of `problem.toml`."""

    class Head(_Section):
        """The `[problem]` section."""

        id: Name
        version: int = Field(ge=1)
        title: str
        family: Name
        summary: str = ""
        entry: str = Field(pattern=r"^[\w./-]+\.py:[A-Za-z_]\w*$")
        """What the candidate must define, relative to `initial/`."""
        evaluator: str = Field(pattern=r"^[A-Za-z_]\w*$")
        """The class in `evaluate.py`."""
        editable: tuple[str, ...] = ()
        """Files a candidate may change; empty means every file of `initial/`."""

    problem: Head
    extends: Name | None = None
    objective: tuple[Objective, ...] = Field(min_length=1)
    limits: Limits = Limits()
    splits: Splits = Splits()
    baseline: tuple[Baseline, ...] = ()
    params: dict[str, Any] = Field(default_factory=dict)
    cite: tuple[str, ...] = ()

    @field_validator("objective")
    @classmethod
    def _distinct(cls, objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
        names = [objective.name for objective in objectives]
        if len(set(names)) != len(names):
            raise ValueError(f"objective names must differ: {names}")
        return objectives


class Problem(BaseModel):
    """A problem as it was found: what its `problem.toml` says, and where its files are."""

    model_config = ConfigDict(frozen=True)

    spec: ProblemSpec
    folder: Path
    """The problem's own folder: `problem.toml`, and whatever of the rest it brings."""
    base: Path | None = None
    """The folder of the problem that it extends: files missing in `folder` are taken from there."""
    digest: str
    """SHA-256 over every file that can change a score: evaluator, interface, params, data."""
    evaluator_digest: str = ""
    """SHA-256 over the code that scores: `evaluate.py`, `evaluators/` and `simulators/`."""

    @property
    def id(self) -> str:
        """The problem's name."""
        return self.spec.problem.id

    @property
    def primary(self) -> Objective:
        """The first objective: what best, champion and claims are about."""
        return self.spec.objective[0]

    @property
    def entry_file(self) -> str:
        """The file that defines the entry, relative to the program."""
        return self.spec.problem.entry.split(":")[0]

    @property
    def entry_name(self) -> str:
        """The class or function that the candidate must define."""
        return self.spec.problem.entry.split(":")[1]

    def file(self, relative: str) -> Path:
        """Return the path of one of the problem's files, from its own folder or the one it extends."""
        own = self.folder / relative
        return own if own.exists() or self.base is None else self.base / relative
