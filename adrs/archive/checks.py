"""The latest check of every problem, by the problem's digest."""

from __future__ import annotations

from sqlalchemy import select

from adrs.archive import schema
from adrs.archive.session import Session

_PREFIX = "check/"


def keep(session: Session, problem_digest: str, verdict: bytes) -> None:
    """Keep a verdict in place of an earlier one."""
    table, name = schema.meta, _PREFIX + problem_digest
    session.connection.execute(table.delete().where(table.c.name == name))
    session.connection.execute(table.insert().values(name=name, value=verdict))


def kept(session: Session, problem_digest: str) -> bytes | None:
    """Return the latest verdict, or None where there was no check."""
    table = schema.meta
    query = select(table.c.value).where(table.c.name == _PREFIX + problem_digest)
    found = session.connection.execute(query).scalar()
    return None if found is None else bytes(found)
