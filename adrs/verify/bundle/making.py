"""A bundle of a verification that this archive keeps."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from adrs.archive.store import Archive
from adrs.errors import BundleError
from adrs.model.problem import Problem
from adrs.model.program import Program
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
    keys = [archive.key(subject.problem, draw.split, draw.opening) for draw in found.draws]
    try:
        data = write(
            subject.problem, subject.program, found, keys=keys, origin=_origin(subject, found), at_us=at_us
        )
    except ValidationError as error:
        one = error.errors(include_url=False)[0]
        raise BundleError(
            f"The verification of {subject.name} does not fit into a bundle: {one['msg']}, "
            f"not {one['input']!r:.80}."
        ) from None
    hold(reading.read(data), subject.problem)  # what another machine would refuse is not handed out
    return data


def write(
    problem: Problem,
    program: Program,
    found: Verification,
    *,
    keys: Sequence[bytes],
    origin: Origin,
    at_us: int,
) -> bytes:
    """Return the bundle of a verification.

    Args:
        problem: what was verified on.
        program: what was verified.
        found: what was measured.
        keys: the key of each draw, 32 bytes.
        origin: where the program came from.
        at_us: when it was verified, in UTC microseconds.

    Raises:
        BundleError: there is too much of it.
    """
    files, blobs = reading.source(program)
    draws = []
    for draw, key in zip(found.draws, keys, strict=True):
        digest, data = reading.blob(dump(_results(draw, found)))
        blobs[digest] = data
        draws.append(
            DrawSaid(
                split=draw.split,
                opening=draw.opening,
                key=key.hex(),
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
        program=program.digest,
        files=files,
        contenders=dict(found.contenders),
        made=Made(
            at_us=at_us,
            libraries=dict(found.libraries),
            sandbox=found.sandbox,
            held=tuple(sorted(each.name for each in found.guarantees if each.held)),
            not_held=tuple(sorted(each.name for each in found.guarantees if not each.held)),
        ),
        origin=origin,
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


def _origin(subject: Subject, found: Verification) -> Origin:
    config = subject.run.config
    return Origin(
        run=subject.run.id,
        strategy=str(config.get("strategy", {}).get("name", "")),
        proposer=str(config.get("proposer", {}).get("name", "")),
        trial=None if subject.trial is None else subject.trial.number,
        openings=found.openings,
    )
