"""Which workloads are measured, and what measuring them returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adrs.model.evaluation import Split, WorkloadResult


@dataclass(frozen=True)
class Source:
    """Where workloads come from: a split under a secret key, or recorded data."""

    split: Split
    key: bytes = field(repr=False)
    """Secret. The workloads follow from it and from nothing else."""
    opening: int = 0
    """Which draw of the split the key belongs to."""
    data: Path | None = None
    """Recorded data to read the workloads from instead."""

    def request(self) -> dict[str, Any]:
        """Return the fields that name this source in a request to the trusted worker."""
        if self.data is not None:
            return {"split": self.split.value, "data": str(self.data.resolve())}
        return {"split": self.split.value, "key": self.key.hex()}


@dataclass(frozen=True)
class WorkloadTable:
    """What the pool knows of workloads; both have one entry per workload, in order."""

    cells: tuple[str, ...]
    shares: tuple[str, ...]
    asked: int
    """How many were asked for: a source that gave fewer has no more."""

    def __len__(self) -> int:
        """How many workloads there are: what was asked for, or fewer where a source ends."""
        return len(self.cells)


@dataclass(frozen=True)
class Bounds:
    """Per workload and objective, in the order asked for."""

    worst: tuple[Mapping[str, float], ...]
    """What a failed workload counts."""
    bound: tuple[Mapping[str, float] | None, ...]
    """A proven limit that no program can pass."""
    reference: tuple[Mapping[str, float] | None, ...]
    """What a strong but not proven method reaches."""


@dataclass(frozen=True)
class RunReport:
    """One program on some workloads."""

    results: tuple[WorkloadResult, ...]
    """In the order of the indices asked for."""
    behaviour: str
    """Digest of everything that the candidate answered."""
    wall_s: float
    """Sum over the children."""
    cpu_s: float
    """CPU seconds of the candidate's own processes."""
    peak_mib: float = 0.0


def groups(indices: tuple[int, ...], shares: tuple[str, ...], isolated: bool) -> list[tuple[int, ...]]:
    """Split workloads into the groups that each get a child of their own.

    Workloads that share randomness are never in one group, so that what a program saw of one cannot help it
    with another.

    Args:
        indices: the workloads to run.
        shares: the `shares` of every workload by index.
        isolated: whether each workload is a group by itself.
    """
    if isolated:
        return [(index,) for index in indices]
    found: list[list[int]] = []
    met: dict[str, int] = {}
    for index in indices:
        share = shares[index]
        place = met.get(share, 0) if share else 0
        if share:
            met[share] = place + 1
        while len(found) <= place:
            found.append([])
        found[place].append(index)
    return [tuple(group) for group in found if group]
