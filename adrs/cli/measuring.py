"""Measuring one program beside the initial program and every baseline, on the same workloads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adrs.archive.store import Archive
from adrs.cli.certified import certificate_as_plain, check_in
from adrs.cli.measured import Against, Measured, against, gap, hardest, measured
from adrs.cli.wording import gap_share
from adrs.errors import DataError
from adrs.evaluation.evaluate import Cascade, aggregate
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.model.certificate import Certificate
from adrs.model.evaluation import Evaluation, Failure, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins import registry
from adrs.plugins.problems import baseline_program, initial_program

INITIAL = "initial program"
_ALL = 100_000
"""More workloads than recorded data holds: all of them are measured."""


@dataclass(frozen=True)
class Request:
    """What is measured, and how."""

    problem: Problem
    name: str
    """What the program is shown as."""
    program: Program
    where: str
    split: str
    workloads: int | None
    data: Path | None
    workers: int | None
    sandbox: str


@dataclass(frozen=True)
class Measurement:
    """What measuring found."""

    request: Request
    refused: Failure | None
    """Why the program was not run at all: it does not parse, or does what is forbidden."""
    evaluations: Mapping[str, Evaluation]
    """By name, all on the same workloads: the program, the initial program, every baseline."""
    bound: float | None
    """Aggregate of the proven bound over these workloads."""
    sandbox: str
    opening: int
    check: Mapping[str, Any] | None = None
    """The latest full check of the sandbox here that the archive keeps."""

    @property
    def certificate(self) -> Certificate | None:
        """What the sandbox guaranteed where the program was measured."""
        own = self.evaluations.get(self.request.name)
        return None if own is None else own.certificate

    @property
    def best_baseline(self) -> str | None:
        """The baseline that is hardest to pass here."""
        known = {n: e for n, e in self.evaluations.items() if n not in (self.request.name, INITIAL)}
        return hardest(known, self.request.problem.primary)

    def measured(self) -> dict[str, Measured]:
        """Return every program's number with its interval."""
        objective = self.request.problem.primary
        found = {name: measured(e, objective) for name, e in self.evaluations.items()}
        return {name: value for name, value in found.items() if value is not None}

    def comparisons(self) -> list[Against]:
        """Compare the program with the initial program and the best baseline, in pairs."""
        own = self.evaluations.get(self.request.name)
        if own is None:
            return []
        names = [name for name in (INITIAL, self.best_baseline) if name in self.evaluations]
        names = [name for name in names if name != self.request.name]
        objective = self.request.problem.primary
        return [against(own, self.evaluations[name], name, objective) for name in names if name]

    def gap_to_baseline(self) -> float | None:
        """Return the share of the way from the initial program to the best baseline."""
        return gap(self.evaluations, self.request.name, INITIAL, self.request.problem.primary)

    def gap_to_bound(self) -> float | None:
        """Return the share of the way from the initial program to the bound."""
        name = self.request.problem.primary.name
        own, initial = self.evaluations.get(self.request.name), self.evaluations.get(INITIAL)
        if own is None or initial is None or self.bound is None:
            return None
        return gap_share(own.objectives[name], initial.objectives[name], self.bound)

    def as_plain(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        problem, own = self.request.problem, self.evaluations.get(self.request.name)
        results = () if own is None else own.results
        return {
            "problem": problem.id,
            "problem_digest": problem.digest,
            "program": self.request.program.digest,
            "name": self.request.name,
            "split": self.request.split if self.request.data is None else None,
            "data": self.request.data,
            "opening": self.opening,
            "sandbox": self.sandbox,
            "certificate": certificate_as_plain(self.certificate, self.check),
            "objective": problem.primary.model_dump(),
            "refused": self.refused,
            "objectives": None if own is None else own.objectives,
            "results": self.measured(),
            "comparisons": self.comparisons(),
            "bound": self.bound,
            "gap_to_best_baseline": self.gap_to_baseline(),
            "gap_to_bound": self.gap_to_bound(),
            "workloads": list(results),
        }


async def measure_all(request: Request) -> Measurement:
    """Measure the program, the initial program and every baseline.

    Raises:
        UserError: something that a person can correct.
        EvaluatorBroken: the evaluator fails on the initial program.
    """
    problem = request.problem
    if request.data is not None and not request.data.exists():
        raise DataError(f"There is no recorded data at {str(request.data)!r}.")
    sandbox = registry.sandbox(request.sandbox)
    source = _source(request)
    initial = initial_program(problem)
    workers = request.workers or min(8, os.cpu_count() or 1)
    count = _count(request)
    programs = {request.name: request.program, INITIAL: initial} | {
        baseline.name: baseline_program(problem, baseline)
        for baseline in problem.spec.baseline
        if baseline.file is not None
    }
    pool = EvaluationPool(problem, sandbox, workers=workers, initial=initial)
    async with pool, Cascade(problem, pool) as cascade:
        verdict = await cascade.gate(request.program)
        if verdict.failure is not None:
            return Measurement(request, verdict.failure, {}, None, sandbox.name, source.opening)
        evaluations = await cascade.measure_all(programs, source, count)
        bound = await _bound(pool, problem, source, len(evaluations[INITIAL].results))
    check = check_in(request.where, pool.certificate)
    return Measurement(request, None, evaluations, bound, sandbox.name, source.opening, check)


def _source(request: Request) -> Source:
    """Return where the workloads come from; a draw of validation is counted."""
    split = Split(request.split)
    if request.data is not None:
        return Source(split, b"", data=request.data)
    with Archive.open(request.where) as archive:
        opening = 0
        if split is not Split.TRAIN:
            opening = archive.new_opening(request.problem, split, "eval", request.program.digest)
        return Source(split, archive.key(request.problem, split, opening), opening)


def _count(request: Request) -> int:
    if request.workloads is not None:
        return request.workloads
    return _ALL if request.data is not None else int(getattr(request.problem.spec.splits, request.split))


async def _bound(pool: EvaluationPool, problem: Problem, source: Source, count: int) -> float | None:
    rows = (await pool.bounds(source, range(count))).bound
    proven = [row[problem.primary.name] for row in rows if row is not None]
    return aggregate(problem.primary, proven) if len(proven) == count else None
