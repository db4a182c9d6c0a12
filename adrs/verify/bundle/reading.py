"""A bundle as data: read from bytes that anyone may have written, and put together from a verification.

Reading runs nothing, opens no file and trusts nothing: what comes out is well-formed and belongs together, no
more. `installed` holds it against the problem that is here, `redraw` against its own workloads.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from adrs.errors import BundleError, ProgramError
from adrs.model.evaluation import Evaluation, FailureKind, Split
from adrs.model.program import MAX_BYTES, Program
from adrs.verify.bundle import container
from adrs.verify.bundle.manifest import (
    ClaimSaid,
    LimitsSaid,
    Manifest,
    Results,
    Scores,
    SourceFile,
    dump,
    load,
)
from adrs.verify.claims import Claim, Limits

_BLOBS = "blobs/"
_MAX_MANIFEST_BYTES = 4 << 20


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds, whole and in order."""

    manifest: Manifest
    program: Program
    results: tuple[Results, ...]
    """One per draw."""
    digest: str
    """SHA-256 of the file."""

    @property
    def name(self) -> str:
        """What the program is called: the beginning of its digest."""
        return self.program.digest[:12]


def read(data: bytes) -> Bundle:
    """Read a bundle.

    Raises:
        BundleError: it is damaged, or anything in it contradicts anything else in it.
    """
    members = container.unpack(data)
    if container.MANIFEST not in members:
        raise BundleError(f"The bundle has no {container.MANIFEST}.")
    said = members.pop(container.MANIFEST)
    if len(said) > _MAX_MANIFEST_BYTES:
        raise BundleError(
            f"The bundle's manifest has {len(said)} bytes; at most {_MAX_MANIFEST_BYTES} are taken."
        )
    manifest = load(Manifest, said, container.MANIFEST)
    blobs = _blobs(members, manifest)
    program = _program(manifest, blobs)
    results = tuple(
        load(Results, blobs[draw.results], f"blob {draw.results[:12]}") for draw in manifest.draws
    )
    return Bundle(manifest, program, results, hashlib.sha256(data).hexdigest())


def write(manifest: Manifest, blobs: Mapping[str, bytes]) -> bytes:
    """Return the file of a bundle.

    Args:
        manifest: what it says.
        blobs: what it names, by digest.

    Raises:
        BundleError: there is too much of it.
    """
    members = {_BLOBS + digest: data for digest, data in blobs.items()}
    return container.pack({container.MANIFEST: dump(manifest), **members})


def blob(data: bytes) -> tuple[str, bytes]:
    """Return a blob with its name."""
    return hashlib.sha256(data).hexdigest(), data


def source(program: Program) -> tuple[tuple[SourceFile, ...], dict[str, bytes]]:
    """Return a program's files as a manifest names them, and their blobs."""
    blobs = {path: blob(text.encode()) for path, text in program.files}
    files = tuple(SourceFile(path=path, blob=digest) for path, (digest, _) in blobs.items())
    return files, dict(blobs.values())


def scores(evaluation: Evaluation) -> Scores:
    """Return what a program scored, in the form of a bundle."""
    names = evaluation.results[0].values
    failed: dict[FailureKind, list[int]] = {}
    for place, result in enumerate(evaluation.results):
        if result.failure is not None:
            failed.setdefault(result.failure.kind, []).append(place)
    return Scores(
        values={name: evaluation.values(name) for name in names},
        failures={kind: tuple(places) for kind, places in failed.items()},
    )


def claim_said(claim: Claim) -> ClaimSaid:
    """Return a claim in the form of a bundle."""
    return ClaimSaid(
        reference=claim.reference,
        split=Split(claim.split),
        verdict=claim.verdict,
        gain=_limits_said(claim.gain),
        percent=None if claim.percent is None else _limits_said(claim.percent),
        level=claim.level,
        workloads=claim.workloads,
    )


def _limits_said(limits: Limits) -> LimitsSaid:
    low, high = (limit if math.isfinite(limit) else None for limit in (limits.low, limits.high))
    return LimitsSaid(estimate=limits.estimate, low=low, high=high)


def _blobs(members: Mapping[str, bytes], manifest: Manifest) -> dict[str, bytes]:
    """Return the blobs by digest, once they are known to be what they are named, and to be all there are."""
    blobs = {name.removeprefix(_BLOBS): data for name, data in members.items()}
    for digest, data in blobs.items():
        if hashlib.sha256(data).hexdigest() != digest:
            raise BundleError(
                f"The bundle's blob {digest[:12]} does not have the digest that it is named by."
            )
    named = {file.blob for file in manifest.files} | {draw.results for draw in manifest.draws}
    if missing := sorted(named - blobs.keys()):
        raise BundleError(f"The bundle lacks the blob {missing[0][:12]}, which its manifest names.")
    if extra := sorted(blobs.keys() - named):
        raise BundleError(f"The bundle holds the blob {extra[0][:12]}, which its manifest does not name.")
    return blobs


def _program(manifest: Manifest, blobs: Mapping[str, bytes]) -> Program:
    files = {file.path: blobs[file.blob] for file in manifest.files}
    if len(files) != len(manifest.files):
        raise BundleError("The bundle's program has two files of one path.")
    if sum(map(len, files.values())) > MAX_BYTES:
        raise BundleError(
            f"The bundle's program holds more than {MAX_BYTES} bytes; none of that size is taken."
        )
    try:
        program = Program.of(files)
    except ProgramError as error:
        raise BundleError(f"The bundle's program cannot be taken: {error}") from None
    if program.digest != manifest.program:
        raise BundleError(
            f"The bundle's source is that of the program {program.digest[:12]}, and not of "
            f"{manifest.program[:12]}, which it names."
        )
    if source(program)[0] != manifest.files:
        raise BundleError(
            "The bundle's source is not in canonical form, or its files are not sorted by path."
        )
    return program
