"""The sealed test: a program, the initial program and every baseline on workloads that nobody has seen.

Every verification draws anew under a key of its own, and counts the draw before anything is measured. All
programs run on the same workloads, each workload in a child process of its own. What is found goes into the
archive and to the person who asked: nothing of it returns to a strategy or a prompt.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import adrs
from adrs.archive.store import Archive
from adrs.errors import ArchiveError, ProgramError, SandboxUnavailable
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.run import RunState
from adrs.plugins.problems import baseline_program, initial_program
from adrs.sandbox.contract import Guarantee, Sandbox
from adrs.sandbox.distributions import EVALUATORS
from adrs.verify.claims import Claim, beyond, compare, level
from adrs.verify.lineage import Subject, count_openings

INITIAL = "initial program"
ARTIFACT = "verification.json"
"""Under this name a run keeps what each verification of one of its programs was made with."""

SPLITS = (Split.TEST, Split.SHIFT)
"""What is sealed: test, and unseen parameter regions beside it."""


@dataclass(frozen=True)
class Impossible:
    """A value beyond a proven bound: the evaluator is wrong."""

    program: str
    split: str
    index: int
    objective: str
    value: float
    bound: float


@dataclass(frozen=True)
class Draw:
    """All programs on one split under one fresh key."""

    split: Split
    opening: int
    evaluations: Mapping[str, Evaluation]
    """By name: the program under its short digest, the initial program, every re-implemented baseline."""
    impossible: tuple[Impossible, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What a verification measured, and with what."""

    run_id: str
    problem_id: str
    program: str
    """Digest."""
    name: str
    """What the program is called: the beginning of its digest."""
    contenders: Mapping[str, str]
    """Digest by name, the program's own included."""
    openings: int
    """How often the lineage was opened, this time included."""
    draws: tuple[Draw, ...]
    sandbox: str
    guarantees: tuple[Guarantee, ...]
    libraries: Mapping[str, str]

    @property
    def quarantined(self) -> bool:
        """Whether a value lies beyond a proven bound, so that nothing may be claimed."""
        return any(draw.impossible for draw in self.draws)

    @property
    def level(self) -> float:
        """Level of every interval."""
        return level(self.openings)

    def claims(self, problem: Problem) -> tuple[Claim, ...]:
        """Compare the program with each reference, on test and beside it on shift; none in quarantine."""
        if self.quarantined:
            return ()
        objective = problem.primary
        found = []
        for draw in self.draws:
            own = draw.evaluations[self.name]
            cells = [result.cell for result in own.results]
            for name, other in draw.evaluations.items():
                if name != self.name:
                    values = own.values(objective.name), other.values(objective.name)
                    found.append(compare(name, draw.split.value, *values, cells, objective, self.openings))
        return tuple(found)


def contenders(problem: Problem, name: str, program: Program) -> dict[str, Program]:
    """Return what is measured side by side, by name: the program, the initial program, every baseline."""
    named = {name: program, INITIAL: initial_program(problem)}
    for baseline in problem.spec.baseline:
        if baseline.file is not None:
            named[baseline.name] = baseline_program(problem, baseline)
    return named


async def verify(archive: Archive, subject: Subject, *, sandbox: Sandbox, workers: int) -> Verification:
    """Measure a program on sealed workloads beside everything that it is compared with.

    Args:
        archive: where openings are counted and everything is kept.
        subject: the program.
        sandbox: what confines it.
        workers: evaluations at the same time.

    Raises:
        ProgramError: the static gate refuses the program.
        EvaluatorBroken: the evaluator fails on the initial program.
        SandboxUnavailable: the program came in a bundle, and the sandbox confines nothing.
    """
    if subject.run.state is RunState.IMPORTED:
        require_confinement(sandbox)
    problem = subject.problem
    programs = contenders(problem, subject.name, subject.program)
    pool = EvaluationPool(problem, sandbox, workers=workers, initial=programs[INITIAL])
    async with pool, Cascade(problem, pool) as cascade:
        verdict = await cascade.gate(subject.program)
        if verdict.failure is not None:
            raise ProgramError(
                f"The program {subject.name} is refused before it runs: {verdict.failure.kind.value}: "
                f"{verdict.failure.reason}."
            )
        draws, openings = [], 1
        for split in SPLITS:
            if split_size(problem, split) == 0:
                continue
            opening = archive.new_opening(problem, split, "verify", subject.program.digest)
            if split is Split.TEST:
                openings = await count_openings(archive, cascade.gate, subject, opening)
            source = Source(split, archive.key(problem, split, opening), opening)
            draws.append(await measure(cascade, pool, programs, source))
    found = Verification(
        run_id=subject.run.id,
        problem_id=problem.id,
        program=subject.program.digest,
        name=subject.name,
        contenders={name: program.digest for name, program in programs.items()},
        openings=openings,
        draws=tuple(draws),
        sandbox=sandbox.name,
        guarantees=sandbox.guarantees(),
        libraries=libraries(problem),
    )
    _record(archive, found, programs)
    return found


def require_confinement(sandbox: Sandbox) -> None:
    """Let what came in a bundle run in a sandbox only.

    Raises:
        SandboxUnavailable: this one confines nothing.
    """
    if not sandbox.confines:
        raise SandboxUnavailable(
            f"The program of a bundle is somebody else's code and runs in a sandbox only; {sandbox.name!r} "
            "confines nothing."
        )


def split_size(problem: Problem, split: Split) -> int:
    """Return how many workloads a split of a problem has."""
    return int(getattr(problem.spec.splits, split.value))


async def measure(
    cascade: Cascade, pool: EvaluationPool, programs: Mapping[str, Program], source: Source
) -> Draw:
    """Measure programs on a whole split, every workload in a child of its own, and hold them to the bound."""
    count = split_size(pool.problem, source.split)
    evaluations = await cascade.measure_all(programs, source, count)
    bounds = (await pool.bounds(source, range(count))).bound
    impossible = find_impossible(pool.problem, source.split, evaluations, bounds)
    return Draw(source.split, source.opening, evaluations, impossible)


def find_impossible(
    problem: Problem,
    split: Split,
    evaluations: Mapping[str, Evaluation],
    bounds: Sequence[Mapping[str, float] | None],
) -> tuple[Impossible, ...]:
    """Return every value beyond a proven bound; `bounds` has one entry per workload."""
    return tuple(
        Impossible(name, split.value, result.index, objective.name, value, bound[objective.name])
        for name, evaluation in evaluations.items()
        for result, bound in zip(evaluation.results, bounds, strict=True)
        for objective in problem.spec.objective
        if bound is not None and objective.name in bound
        if beyond(value := result.values[objective.name], bound[objective.name], objective)
    )


def libraries(problem: Problem) -> dict[str, str]:
    """Return the versions of Python and of every library that can change a score."""
    found = {"python": platform.python_version(), "adrs": adrs.__version__}
    for name in sorted({*EVALUATORS, *problem.spec.limits.libraries}):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _record(archive: Archive, found: Verification, programs: Mapping[str, Program]) -> None:
    for draw in found.draws:
        once = {programs[name].digest: (programs[name], each) for name, each in draw.evaluations.items()}
        for program, evaluation in once.values():
            archive.record_evaluation(found.run_id, program, evaluation, Purpose.TEST)
    said = {
        "program": found.program,
        "contenders": dict(found.contenders),
        "openings": found.openings,
        "draws": [
            {
                "split": draw.split.value,
                "opening": draw.opening,
                "impossible": [asdict(each) for each in draw.impossible],
            }
            for draw in found.draws
        ],
        "sandbox": found.sandbox,
        "guarantees": [asdict(each) for each in found.guarantees],
        "libraries": dict(found.libraries),
    }
    archive.add_artifact(found.run_id, None, ARTIFACT, json.dumps(said).encode(), "application/json")


def latest(archive: Archive, subject: Subject) -> tuple[Verification, int] | None:
    """Return the last verification of a program, which is the one that stands, and when it was made.

    Returns:
        The verification and its time in UTC microseconds; None where there is none.
    """
    for artifact in reversed(archive.artifacts(subject.run.id)):
        if artifact.name != ARTIFACT:
            continue
        said = json.loads(archive.artifact(artifact))
        if said["program"] == subject.program.digest:
            return _recalled(archive, subject, said), artifact.at_us
    return None


def _recalled(archive: Archive, subject: Subject, said: Mapping[str, Any]) -> Verification:
    found = {
        (record.evaluation.split.value, record.evaluation.opening, record.program): record.evaluation
        for record in archive.evaluations(run_id=subject.run.id, purpose=Purpose.TEST)
    }
    try:
        draws = tuple(
            Draw(
                Split(draw["split"]),
                draw["opening"],
                {
                    name: found[draw["split"], draw["opening"], digest]
                    for name, digest in said["contenders"].items()
                },
                tuple(Impossible(**each) for each in draw["impossible"]),
            )
            for draw in said["draws"]
        )
    except KeyError:
        raise ArchiveError(
            f"The verification of {subject.name} in run {subject.run.id} lacks an evaluation; "
            "verify it again."
        ) from None
    return Verification(
        run_id=subject.run.id,
        problem_id=subject.problem.id,
        program=said["program"],
        name=subject.name,
        contenders=said["contenders"],
        openings=said["openings"],
        draws=draws,
        sandbox=said["sandbox"],
        guarantees=tuple(Guarantee(**each) for each in said["guarantees"]),
        libraries=said["libraries"],
    )


__all__ = ["INITIAL", "Draw", "Impossible", "Verification", "contenders", "latest", "measure", "verify"]
