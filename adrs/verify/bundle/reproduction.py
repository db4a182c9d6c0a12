"""A bundle measured again: the same workloads, the same programs, in a sandbox of this machine.

The keys of a bundle draw its workloads. Its numbers are refused where they cannot be (a failure that does not
count its worst, a value beyond a proven bound), and where the keys draw other workloads than those that were
measured. Then everything is measured again and compared, number by number.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import numpy as np

from adrs.errors import BundleError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Bounds, Source
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective, Problem
from adrs.model.program import Program
from adrs.plugins.problems import initial_program
from adrs.sandbox.contract import Sandbox
from adrs.stats.paired import Verdict, paired_difference
from adrs.verify.bundle.installed import other_libraries
from adrs.verify.bundle.reading import Bundle
from adrs.verify.claims import Claim
from adrs.verify.sealed import (
    INITIAL,
    Draw,
    Verification,
    contenders,
    find_impossible,
    libraries,
    measure,
    require_confinement,
)

_ROUNDING = 1e-6
"""Numbers further apart than this share of their size are not the same with another library's rounding."""
_ALPHA = 0.05
"""The chance that noise alone makes any comparison of a bundle differ."""


@dataclass(frozen=True)
class Compared:
    """One objective of one program on one split: in the bundle, and measured again."""

    program: str
    split: str
    objective: str
    numbers: int
    different: int
    """How many are not the same to the last bit."""
    beyond_rounding: int
    """How many of those are further apart than another library's rounding would bring them."""
    failures: int
    """Workloads that failed in one and not in the other, or in another way."""
    within_noise: bool | None
    """Of an objective that is measured with noise: whether the two tie. None of any other."""

    @property
    def same(self) -> bool:
        """Whether every number is the same to the last bit."""
        return self.different == self.failures == 0

    @property
    def reproduced(self) -> bool:
        """Whether it is the same, or within noise where there is noise."""
        return self.same or self.within_noise is True


@dataclass(frozen=True)
class Reproduction:
    """What measuring a bundle again came to."""

    again: Verification
    """The same as the bundle says, with what was measured here."""
    compared: tuple[Compared, ...]
    claims: tuple[Claim, ...]
    """What follows from what was measured here; none where a value lies beyond a proven bound."""
    libraries: Mapping[str, tuple[str, str]]
    """Libraries of other versions: in the bundle, and here."""

    @property
    def reproduced(self) -> bool:
        """Whether everything is the same, or within noise."""
        return all(each.reproduced for each in self.compared)


async def reproduce(
    bundle: Bundle, found: Verification, problem: Problem, *, sandbox: Sandbox, workers: int
) -> Reproduction:
    """Measure the program and everything that it is compared with again, on the same workloads.

    Args:
        bundle: the keys, and the program.
        found: what the bundle says was measured.
        problem: the one that is installed here.
        sandbox: what confines the programs.
        workers: evaluations at the same time.

    Raises:
        BundleError: what it says cannot have been measured on the workloads that its keys draw.
        EvaluatorBroken: the evaluator fails on the initial program.
        SandboxUnavailable: the sandbox confines nothing.
    """
    require_confinement(sandbox)
    programs = contenders(problem, bundle.name, bundle.program)
    async with _opened(bundle, problem, sandbox, workers) as (pool, cascade):
        draws = [await _again(pool, cascade, programs, *pair) for pair in _pairs(bundle, found)]
    again = replace(
        found,
        draws=tuple(draws),
        sandbox=sandbox.name,
        guarantees=sandbox.guarantees(),
        libraries=libraries(problem),
    )
    compared = tuple(
        each
        for one, other in zip(found.draws, draws, strict=True)
        for each in compare_draws(one, other, problem, len(found.draws))
    )
    return Reproduction(again, compared, again.claims(problem), other_libraries(found, problem))


async def check_draws(
    bundle: Bundle, found: Verification, problem: Problem, *, sandbox: Sandbox, workers: int
) -> None:
    """Measure the initial program alone on the workloads that a bundle's keys draw.

    Raises:
        BundleError: they are not those that were measured, or the bundle's numbers cannot be.
        EvaluatorBroken: the evaluator fails on the initial program.
    """
    only = {INITIAL: initial_program(problem)}
    async with _opened(bundle, problem, sandbox, workers) as (pool, cascade):
        for source, draw in _pairs(bundle, found):
            again = await _again(pool, cascade, only, source, draw)
            said = replace(draw, evaluations={INITIAL: draw.evaluations[INITIAL]})
            for each in compare_draws(said, again, problem, len(found.draws)):
                if each.within_noise is None and (each.beyond_rounding or each.failures):
                    raise BundleError(
                        f"The bundle's numbers of the initial program on {each.split} are not those that are "
                        f"measured here on the same workloads{_why(found, problem)}."
                    )


@asynccontextmanager
async def _opened(
    bundle: Bundle, problem: Problem, sandbox: Sandbox, workers: int
) -> AsyncIterator[tuple[EvaluationPool, Cascade]]:
    """Bring up workers, once the static gate lets the program pass."""
    pool = EvaluationPool(problem, sandbox, workers=workers, initial=initial_program(problem))
    async with pool, Cascade(problem, pool) as cascade:
        refused = (await cascade.gate(bundle.program)).failure
        if refused is not None:
            raise BundleError(
                f"The bundle's program {bundle.name} is refused before it runs: {refused.kind.value}: "
                f"{refused.reason}."
            )
        yield pool, cascade


def _pairs(bundle: Bundle, found: Verification) -> list[tuple[Source, Draw]]:
    """Return the workloads of every draw, with what the bundle says of them."""
    sources = (Source(said.split, bytes.fromhex(said.key), said.opening) for said in bundle.manifest.draws)
    return list(zip(sources, found.draws, strict=True))


async def _again(
    pool: EvaluationPool, cascade: Cascade, programs: Mapping[str, Program], source: Source, said: Draw
) -> Draw:
    """Measure programs on the workloads of a draw, and refuse what it says where that cannot be."""
    problem = pool.problem
    cells = [result.cell for result in said.evaluations[INITIAL].results]
    table = await pool.workloads(source, len(cells))
    if list(table.cells[: len(cells)]) != cells:
        raise _other_workloads(said)
    bounds = await pool.bounds(source, range(len(cells)))
    _check_possible(problem, said, bounds)
    again = await measure(cascade, pool, programs, source)
    ours, theirs = again.evaluations[INITIAL], said.evaluations[INITIAL]
    for objective in problem.spec.objective:
        one = _compare(INITIAL, said, objective, theirs, ours, _ALPHA)
        if one.within_noise is None and 2 * one.beyond_rounding > one.numbers:
            raise _other_workloads(said)
    return again


def _other_workloads(said: Draw) -> BundleError:
    return BundleError(
        f"The bundle's key of {said.split.value} draws other workloads here than those that it has "
        "numbers of: the key, the numbers or a library's random numbers are not what they were."
    )


def _check_possible(problem: Problem, said: Draw, bounds: Bounds) -> None:
    """Refuse numbers that no measurement gives."""
    if beyond := find_impossible(problem, said.split, said.evaluations, bounds.bound):
        one = beyond[0]
        raise BundleError(
            f"The bundle's {one.objective} of {one.program!r} on workload {one.index} of {one.split}, "
            f"{one.value!r}, is beyond the proven bound {one.bound!r}."
        )
    for name, evaluation in said.evaluations.items():
        for result, worst in zip(evaluation.results, bounds.worst, strict=True):
            for objective in problem.spec.objective:
                value, limit = result.values[objective.name], worst[objective.name]
                off = objective.sign * (limit - value) > _ROUNDING * max(abs(value), abs(limit))
                if off or (result.failure is not None and not _near(value, limit)):
                    raise BundleError(
                        f"The bundle's {objective.name} of {name!r} on workload {result.index} of "
                        f"{said.split.value}, {value!r}, cannot be: a failure counts {limit!r}, and "
                        "nothing is worse."
                    )


def compare_draws(said: Draw, again: Draw, problem: Problem, draws: int) -> tuple[Compared, ...]:
    """Compare every number of a draw.

    Args:
        said: what the bundle says.
        again: what was measured again.
        problem: whose objectives they are.
        draws: how many draws are compared in all; the chance that noise makes any comparison differ is shared
            among them.
    """
    objectives = problem.spec.objective
    alpha = _ALPHA / (len(said.evaluations) * len(objectives) * draws)
    return tuple(
        _compare(name, said, objective, evaluation, again.evaluations[name], alpha)
        for name, evaluation in said.evaluations.items()
        for objective in objectives
    )


def _compare(
    name: str, said: Draw, objective: Objective, one: Evaluation, other: Evaluation, alpha: float
) -> Compared:
    theirs, ours = one.values(objective.name), other.values(objective.name)
    pairs = list(zip(theirs, ours, strict=True))
    return Compared(
        program=name,
        split=said.split.value,
        objective=objective.name,
        numbers=len(pairs),
        different=sum(a.hex() != b.hex() for a, b in pairs),
        beyond_rounding=sum(not _near(a, b) for a, b in pairs),
        failures=sum(a != b for a, b in zip(_kinds(one), _kinds(other), strict=True)),
        within_noise=_ties(objective, one, theirs, ours, alpha) if objective.noise == "measured" else None,
    )


def _ties(
    objective: Objective, one: Evaluation, theirs: Sequence[float], ours: Sequence[float], alpha: float
) -> bool:
    found = paired_difference(
        ours,
        theirs,
        direction=objective.direction,
        rng=np.random.default_rng(0),
        cells=[result.cell for result in one.results],
        name=objective.aggregate,
        level=1 - alpha,
    )
    return found.verdict is Verdict.TIE


def _kinds(evaluation: Evaluation) -> list[str]:
    return ["" if result.failure is None else result.failure.kind.value for result in evaluation.results]


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_ROUNDING)


def _why(found: Verification, problem: Problem) -> str:
    """Name the libraries that differ, which may be why numbers do."""
    differ = ", ".join(
        f"{name} {a} there and {b} here" for name, (a, b) in other_libraries(found, problem).items()
    )
    return f" ({differ})" if differ else ""
