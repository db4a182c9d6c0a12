"""Another archive's program, taken into this one.

It is kept as a run of its own in the state *imported*, without trials: no strategy ever sees it, so it is no
parent of anything. Its bundle is kept beside it: that, and not this archive, says what it scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ulid import ULID

import adrs
from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.model.problem import Problem
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.plugins import registry
from adrs.plugins.problems import initial_program
from adrs.run.clock import now_us
from adrs.verify.bundle.reading import Bundle, read
from adrs.verify.sealed import Verification

ARTIFACT = "imported.zip"
"""Under this name an imported run keeps the bundle that it came in."""

_RUNS = 100_000
"""More runs than an archive holds."""


def take_in(
    archive: Archive, bundle: Bundle, data: bytes, found: Verification, problem: Problem
) -> tuple[RunRecord, bool]:
    """Keep the program of a bundle that was checked.

    Args:
        archive: where to.
        bundle: what was checked.
        data: its bytes.
        found: what it says was measured.
        problem: the one that is installed here.

    Returns:
        The run that stands for it, and whether it is new: one bundle is taken in once.
    """
    for known in imports(archive):
        if known.config["imported"]["bundle"] == bundle.digest:
            return known, False
    initial = initial_program(problem)
    run = _run(bundle, problem, initial.digest)
    archive.create_run(run, initial)
    archive.add_artifact(run.id, None, ARTIFACT, data, "application/zip")
    for draw in found.draws:
        evaluation = replace(draw.evaluations[found.name], sandbox=found.sandbox)
        archive.record_evaluation(run.id, bundle.program, evaluation, Purpose.IMPORTED)
    return archive.update_run(run.id, champion=bundle.program.digest), True


def imports(archive: Archive) -> Iterator[RunRecord]:
    """Yield what stands for imported programs, newest first."""
    for run in archive.runs(limit=_RUNS):
        if run.state is RunState.IMPORTED and run.champion is not None:
            yield run


def bundle_of(archive: Archive, run: RunRecord) -> Bundle:
    """Return the bundle that an imported program came in.

    Raises:
        ArchiveError: the archive does not keep it.
    """
    for artifact in archive.artifacts(run.id):
        if artifact.name == ARTIFACT:
            return read(archive.artifact(artifact))
    raise ArchiveError(f"The archive does not keep the bundle that {run.id} came in.")


def _run(bundle: Bundle, problem: Problem, initial: str) -> RunRecord:
    now = now_us()
    known = {folder.resolve() for folder in registry.installed().problem_folders()}
    origin = bundle.manifest.origin
    return RunRecord(
        id=str(ULID()),
        problem_id=problem.id,
        problem_version=problem.spec.problem.version,
        problem_digest=problem.digest,
        evaluator_digest=problem.evaluator_digest,
        config={
            "problem": problem.id if problem.folder in known else str(problem.folder),
            "strategy": {"name": origin.strategy},
            "proposer": {"name": origin.proposer},
            "imported": {"bundle": bundle.digest, "run": origin.run, "openings": origin.openings},
        },
        seed=0,
        state=RunState.IMPORTED,
        initial=initial,
        stop_reason="imported",
        adrs_version=adrs.__version__,
        created_us=now,
        ended_us=now,
    )
