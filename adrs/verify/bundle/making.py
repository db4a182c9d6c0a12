"""A bundle of a verification that this archive keeps."""

from __future__ import annotations

from adrs.archive.store import Archive
from adrs.errors import BundleError
from adrs.model.run import RunRecord
from adrs.verify.bundle import reading
from adrs.verify.bundle.installed import hold
from adrs.verify.bundle.manifest import (
    DrawSaid,
    Made,
    Manifest,
    Origin,
    ProblemSaid,
    Results,
    dump,
)
from adrs.verify.claims import LABEL
from adrs.verify.lineage import Subject
from adrs.verify.sealed import Draw, Verification, latest


def export(archive: Archive, subject: Subject) -> bytes:
    """Return the bundle of a program's latest verification, which is the one that stands.

    It reveals the keys of that verification's own draws, and none that anything else is drawn from.

    Raises:
        BundleError: it was not verified, its scores are in quarantine, or its problem has changed since.
    """
    kept = latest(archive, subject)
    if kept is None:
        raise BundleError(
            f"The program {subject.name} was not verified in run {subject.run.id}; do that first: "
            f"adrs verify {subject.name}"
        )
    found, at_us = kept
    if found.quarantined:
        raise BundleError(
            f"The verification of {subject.name} is in quarantine: it has values beyond a "
            "proven bound, and so claims nothing."
        )
    data = write(archive, subject, found, at_us)
    hold(reading.read(data), subject.problem)  # what another machine would refuse is not handed out
    return data


def write(archive: Archive, subject: Subject, found: Verification, at_us: int) -> bytes:
    """Return the bundle of one verification."""
    problem = subject.problem
    files, blobs = reading.source(subject.program)
    draws = []
    for draw in found.draws:
        digest, data = reading.blob(dump(_results(draw, found)))
        blobs[digest] = data
        draws.append(
            DrawSaid(
                split=draw.split,
                opening=draw.opening,
                key=archive.key(problem, draw.split, draw.opening).hex(),
                results=digest,
            )
        )
    manifest = Manifest(
        format="adrs-bundle",
        schema_version=1,
        label=LABEL,
        problem=ProblemSaid(
            id=problem.id,
            version=problem.spec.problem.version,
            digest=problem.digest,
            evaluator_digest=problem.evaluator_digest,
        ),
        program=subject.program.digest,
        files=files,
        contenders=dict(found.contenders),
        made=Made(
            at_us=at_us,
            libraries=dict(found.libraries),
            sandbox=found.sandbox,
            held=tuple(sorted(each.name for each in found.guarantees if each.held)),
            not_held=tuple(sorted(each.name for each in found.guarantees if not each.held)),
        ),
        origin=_origin(subject.run, subject, found.openings),
        draws=tuple(draws),
        claims=tuple(map(reading.claim_said, found.claims(problem))),
    )
    return reading.write(manifest, blobs)


def _results(draw: Draw, found: Verification) -> Results:
    own = draw.evaluations[found.name]
    return Results(
        cells=tuple(result.cell for result in own.results),
        programs={
            digest: reading.scores(draw.evaluations[name]) for name, digest in found.contenders.items()
        },
    )


def _origin(run: RunRecord, subject: Subject, openings: int) -> Origin:
    return Origin(
        run=run.id,
        strategy=str(run.config.get("strategy", {}).get("name", "")),
        proposer=str(run.config.get("proposer", {}).get("name", "")),
        trial=None if subject.trial is None else subject.trial.number,
        openings=openings,
    )
