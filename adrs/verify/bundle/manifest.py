"""What a bundle says, typed and bounded: canonical JSON without a field that is not known.

A bundle holds a program, what was measured, and the keys that draw the same workloads again. It holds no
evaluator, baseline or library: those must be installed where it is read, with the digests that it names.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError

from adrs.errors import BundleError
from adrs.model.evaluation import FailureKind, Split
from adrs.plugins.validation import explain
from adrs.stats.paired import Verdict

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=1 << 31)]
Number = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
"""Nothing that is measured comes near the limits, and squares of it are still numbers."""

_MOST_NAMES = 1000
_MOST_WORKLOADS = 100_000
_Column = Annotated[tuple[Number, ...], FailFast(), Field(min_length=1, max_length=_MOST_WORKLOADS)]


_Places = Annotated[tuple[Count, ...], FailFast(), Field(min_length=1, max_length=_MOST_WORKLOADS)]
_MOST_KEYS = 20_000
"""In one part, counted as colons. What pydantic says of a key that is wrong takes up to 3 KB."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ProblemSaid(_Part):
    """Which problem, to the byte."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
    version: Annotated[int, Field(ge=1, le=1 << 31)]
    digest: Digest
    evaluator_digest: Digest


class SourceFile(_Part):
    """One file of the program, and the blob that holds it."""

    path: Annotated[str, Field(max_length=1000)]
    blob: Digest


class Made(_Part):
    """What the measurement was made with."""

    at_us: Annotated[int, Field(ge=0, le=1 << 62)]
    libraries: Annotated[dict[Word, Word], Field(max_length=_MOST_NAMES)]
    sandbox: Word
    held: Annotated[tuple[Word, ...], FailFast(), Field(max_length=_MOST_NAMES)]
    """What that sandbox guaranteed there."""
    not_held: Annotated[tuple[Word, ...], FailFast(), Field(max_length=_MOST_NAMES)]


class Origin(_Part):
    """Where the program came from, and how often its lineage was opened."""

    run: Annotated[str, Field(pattern=r"^[0-9A-Z]{26}$")]
    strategy: Word
    proposer: Word
    trial: Count | None
    """None of a program that no trial made: a baseline, or one that was imported."""
    openings: Annotated[int, Field(ge=1, le=1_000_000)]


class DrawSaid(_Part):
    """One split under the key that draws it again, and the blob of what was measured on it."""

    split: Split
    opening: Annotated[int, Field(ge=1, le=1 << 31)]
    key: Digest
    """The revealed key: 32 bytes as hexadecimal digits."""
    results: Digest


class LimitsSaid(_Part):
    """An estimate and the limits of its interval; None where there is no limit."""

    estimate: Number
    low: Number | None
    high: Number | None


class ClaimSaid(_Part):
    """One comparison, as it was claimed."""

    reference: Word
    split: Split
    verdict: Verdict
    gain: LimitsSaid
    percent: LimitsSaid | None
    level: Annotated[float, Field(gt=0, lt=1)]
    workloads: Annotated[int, Field(ge=1, le=_MOST_WORKLOADS)]


class Manifest(_Part):
    """The whole of `manifest.json`."""

    format: Literal["adrs-bundle"]
    schema_version: Literal[1]
    label: Literal["self-attested"]
    problem: ProblemSaid
    program: Digest
    files: Annotated[tuple[SourceFile, ...], FailFast(), Field(min_length=1, max_length=_MOST_NAMES)]
    contenders: Annotated[dict[Word, Digest], Field(min_length=2, max_length=_MOST_NAMES)]
    """Digest of every program that was measured, by name."""
    made: Made
    origin: Origin
    draws: Annotated[tuple[DrawSaid, ...], FailFast(), Field(min_length=1, max_length=2)]
    claims: Annotated[tuple[ClaimSaid, ...], FailFast(), Field(min_length=1, max_length=2 * _MOST_NAMES)]


class Scores(_Part):
    """One program on one split: a column per objective, one value per workload."""

    values: Annotated[dict[Word, _Column], Field(min_length=1, max_length=_MOST_NAMES)]
    failures: dict[FailureKind, _Places]
    """By kind, which workloads failed so; each counts its worst."""


class Results(_Part):
    """A blob: every program on one split."""

    cells: Annotated[tuple[Word, ...], FailFast(), Field(min_length=1, max_length=_MOST_WORKLOADS)]
    """The parameter cell of every workload."""
    programs: Annotated[dict[Digest, Scores], Field(min_length=1, max_length=_MOST_NAMES)]


Part = TypeVar("Part", bound=BaseModel)


def dump(part: BaseModel) -> bytes:
    """Return the canonical JSON of a part: sorted keys, no spaces, ASCII, finite numbers."""
    plain = part.model_dump(mode="json")
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def load(model: type[Part], data: bytes, where: str) -> Part:
    """Read canonical JSON.

    Raises:
        BundleError: it does not fit, or is not written in the one canonical form.
    """
    if data.count(b":") > _MOST_KEYS:
        raise BundleError(
            f"The bundle's {where} has more than {_MOST_KEYS} keys; none of that many is taken."
        )
    try:
        part = model.model_validate_json(data)
    except ValidationError as error:
        raise BundleError(_explain(error, model, where)) from None
    if dump(part) != data:
        raise BundleError(
            f"The bundle's {where} is not canonical JSON: each key once, keys sorted, no spaces, ASCII, "
            "numbers as Python writes them."
        )
    return part


def _explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return f"The bundle's {where} is not JSON: {first['ctx']['error']}."
    return f"The bundle does not fit: {explain(error, where, model)}"
