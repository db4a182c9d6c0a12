"""What a problem author writes: an evaluator that scores plain data that a candidate answered.

An evaluator runs in the trusted worker only. It never holds the candidate's code: it hands out `given`
and observations, takes back a plan or actions that were checked against its declared schema, and computes
every number itself.
"""

from __future__ import annotations

import hmac
import random
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators.schema import Schema

Plain = Any
"""What crosses between the workers: None, bool, int (64 bit), float, str, bytes, list or tuple (a tuple
arrives as a tuple), dict with str keys, and C-ordered arrays of bool, int64 or float64 with at most 4
dimensions."""

Metrics = Mapping[str, float]
"""At least every objective of `problem.toml` by name; anything else is kept and shown beside them."""


class Invalid(Exception):
    """What the candidate answered is not a feasible plan or action; the reason goes into the feedback."""


class BadData(Exception):
    """Recorded data cannot be read: one sentence that names the file, what is wrong and what is accepted."""


@dataclass(frozen=True)
class Workload:
    """One input. Nothing of it reaches the candidate but what `given` and observations say."""

    data: Any
    cell: str = ""
    """The parameter cell that it was drawn from, such as `zones=5,deadline=70`."""
    shares: str = ""
    """Workloads with the same non-empty `shares` have randomness in common (overlapping windows of one
    trace) and are never in one group."""


class Evaluator(ABC):
    """What every evaluator has. Subclass `PlanEvaluator` or `PolicyEvaluator`.

    Threading: one instance per trusted worker, called by one thread. Determinism: every method is a pure
    function of its arguments and of `params`. State kept between calls may only be a cache.
    """

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the `[params]` of `problem.toml` and the problem's folder (for bundled data files)."""
        self.params = params
        self.folder = folder

    @abstractmethod
    def workloads(self, split: str, key: bytes) -> Iterable[Workload]:
        """Yield the workloads of a split in order, without end or until there are no more.

        Args:
            split: `train`, `validation`, `test` or `shift`.
            key: secret bytes; take a workload's randomness from `workload_rng(key, index)` and from
                nothing else.
        """

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield workloads read from files in the published format of the problem's field.

        Raises:
            BadData: the files cannot be read.
        """
        raise BadData(f"This problem reads no recorded data, so {str(path)!r} cannot be used.")

    def repeated(self, workload: Workload, repeat: int) -> Workload:
        """Return a workload as its `repeat`-th further measurement meets it; for `noise = "measured"`.

        What makes an objective noisy and can be simulated (arrival times, service times, faults) is drawn
        afresh here from the workload's own secret and `repeat`, and from nothing else: two programs that
        meet the same workload and repeat meet the same noise, so that they compare in pairs. Cell, `given`
        and `worst` stay as they are. Where the noise is the machine's own, nothing need be drawn.

        Args:
            workload: as `workloads` yielded it: that is repeat 0.
            repeat: from 1.
        """
        return workload

    @abstractmethod
    def given(self, workload: Workload) -> Plain:
        """Return all that the candidate is told at the start: no id, seed, split, truth or future."""

    @abstractmethod
    def worst(self, workload: Workload) -> Metrics:
        """Return what a failed workload counts for each objective; no honest run is worse."""

    def bound(self, workload: Workload) -> Metrics | None:
        """Return a proven limit that no program can pass, per objective, or None."""
        return None

    def reference(self, workload: Workload) -> Metrics | None:
        """Return what a strong but not proven method reaches, per objective, or None."""
        return None

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Return short text for the next prompt; called with train workloads only.

        Args:
            results: for each workload its metrics (None where it failed) and the reason of a failure.
        """
        return ""

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return where the program lives in an elite grid: values in [0, 1] by name, behaviour not code."""
        return {}


class PlanEvaluator(Evaluator):
    """The candidate answers once: an order, a placement, a schedule.

    The entry is a function `solve(given, rng) -> plan`.
    """

    @abstractmethod
    def plan_schema(self, workload: Workload) -> Schema:
        """Return what a plan for this workload must look like; checked before `score` sees it."""

    @abstractmethod
    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Check that the plan is feasible and compute its cost.

        Raises:
            Invalid: the plan is not feasible.
        """


class PolicyEvaluator(Evaluator):
    """The candidate is asked at every step of a simulation.

    The entry is a class `Policy(given, rng)` with `step(observation) -> action`. Observations are tuples of
    plain Python numbers (nested tuples where needed), or arrays where arrays are meant; every observation of
    one simulation has the same shape.
    """

    @abstractmethod
    def action_schema(self, workload: Workload) -> Schema:
        """Return what an action must look like; checked before the simulation sees it."""

    @abstractmethod
    def simulate(self, workload: Workload) -> Generator[Plain, Plain, Metrics]:
        """Yield an observation, take the action, and return the metrics at the end.

        Raises:
            Invalid: an action is not allowed in the state it was given in.
        """


def workload_rng(key: bytes, index: int, purpose: str = "") -> random.Random:
    """Return the random numbers of one workload, from HMAC-SHA256 of the secret key.

    For numpy, seed a generator with `workload_rng(key, index).getrandbits(128)`.
    """
    message = f"{purpose}/{index}".encode()
    return random.Random(hmac.digest(key, message, "sha256"))  # noqa: S311  (a simulation's randomness)


__all__ = [
    "BadData",
    "Evaluator",
    "Invalid",
    "Metrics",
    "Plain",
    "PlanEvaluator",
    "PolicyEvaluator",
    "Workload",
    "workload_rng",
]
