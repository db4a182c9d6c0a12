"""The best program of a problem that was verified in this archive, by its latest verification."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.verify import sealed
from adrs.verify.claims import Claim
from adrs.verify.lineage import Subject
from adrs.verify.sealed import INITIAL, Verification


@dataclass(frozen=True)
class BestVerified:
    """A program, and by how much it beats the best baseline of its own sealed draw."""

    program: str
    """Digest."""
    run_id: str
    value: float
    """Aggregate of the primary objective on test, in its unit."""
    claim: Claim
    """On test, against the best baseline of the draw, or against the initial program where there is none."""
    openings: int
    at_us: int


def best_verified(archive: Archive, problems: Sequence[Problem]) -> dict[str, BestVerified]:
    """Return by id the best verified program of each problem as it is now, where there is one.

    Verifications have draws of their own, so programs are compared by what each gains over the best baseline
    of its draw. What is in quarantine claims nothing, and an earlier version of a problem is another problem.

    Args:
        archive: where verifications are kept.
        problems: which problems.
    """
    by_digest = {problem.digest: problem for problem in problems}
    found: dict[str, BestVerified] = {}
    for run, program in _verified(archive):
        problem = by_digest.get(run.problem_digest)
        if problem is None:
            continue
        one = _one(archive, problem, run, program)
        best = found.get(problem.id)
        if one is not None and (best is None or one.claim.gain.estimate > best.claim.gain.estimate):
            found[problem.id] = one
    return found


def _verified(archive: Archive) -> Iterator[tuple[RunRecord, str]]:
    """Yield every verified program with the run whose verification of it is the latest."""
    seen: set[str] = set()
    for artifact in reversed(archive.artifacts_named(sealed.ARTIFACT)):
        program = str(json.loads(archive.artifact(artifact))["program"])
        if program not in seen:
            seen.add(program)
            yield archive.run(artifact.run_id), program


def _one(archive: Archive, problem: Problem, run: RunRecord, program: str) -> BestVerified | None:
    subject = Subject(run, problem, archive.program(program), None)
    try:
        latest = sealed.latest(archive, subject)
    except ArchiveError:  # an evaluation of it is missing, so that it says nothing
        return None
    if latest is None:
        return None
    verification, at_us = latest
    claim = _against_the_best(verification, problem)
    if claim is None:
        return None
    test = next(draw for draw in verification.draws if draw.split is Split.TEST)
    value = test.evaluations[verification.name].objectives[problem.primary.name]
    return BestVerified(program, run.id, value, claim, verification.openings, at_us)


def _against_the_best(verification: Verification, problem: Problem) -> Claim | None:
    claims = [claim for claim in verification.claims(problem) if claim.split == Split.TEST.value]
    baselines = [claim for claim in claims if claim.reference != INITIAL]
    # On one draw, the least gain is that over the best reference.
    return min(baselines or claims, key=lambda claim: claim.gain.estimate, default=None)
