"""Artifacts: what a trial left to look at."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Row, select

from adrs.archive import schema
from adrs.archive.session import Session, now_us
from adrs.errors import ArchiveError
from adrs.model.records import Artifact


def add(session: Session, ulid: str, number: int | None, name: str, data: bytes, media_type: str) -> Artifact:
    """Keep an artifact of a run or of one of its trials."""
    artifact = Artifact(ulid, number, name, media_type, hashlib.sha256(data).hexdigest(), len(data), now_us())
    session.connection.execute(
        schema.artifacts.insert().values(
            run=session.run_id(ulid),
            number=number,
            name=name,
            media_type=media_type,
            digest=artifact.digest,
            size=artifact.size,
            body=session.objects.pack(data),
            at_us=artifact.at_us,
        )
    )
    return artifact


def of_run(session: Session, ulid: str, number: int | None) -> list[Artifact]:
    """Return the artifacts of a run, or of one of its trials, oldest first."""
    table = schema.artifacts
    query = select(*(c for c in table.c if c.name != "body")).where(table.c.run == session.run_id(ulid))
    if number is not None:
        query = query.where(table.c.number == number)
    return [_artifact(ulid, row) for row in session.connection.execute(query.order_by(table.c.id))]


def named(session: Session, name: str) -> list[Artifact]:
    """Return the artifacts of this name of every run, oldest first."""
    table, runs = schema.artifacts, schema.runs
    columns = [*(c for c in table.c if c.name != "body"), runs.c.ulid]
    query = select(*columns).join(runs, table.c.run == runs.c.id).where(table.c.name == name)
    return [_artifact(row.ulid, row) for row in session.connection.execute(query.order_by(table.c.id))]


def content(session: Session, artifact: Artifact) -> bytes:
    """Return what an artifact holds.

    Raises:
        ArchiveError: the archive has no such artifact.
    """
    table = schema.artifacts
    query = select(table.c.body).where(
        table.c.run == session.run_id(artifact.run_id), table.c.digest == artifact.digest
    )
    packed = session.connection.execute(query.limit(1)).scalar()
    if packed is None:
        raise ArchiveError(f"Run {artifact.run_id} has no artifact {artifact.digest[:12]}.")
    return session.objects.unpack(packed)


def _artifact(ulid: str, row: Row[Any]) -> Artifact:
    return Artifact(ulid, row.number, row.name, row.media_type, row.digest, row.size, row.at_us)
