"""Openings: how often the workloads of a split were drawn afresh, and the secret keys that draw them."""

from __future__ import annotations

import hmac

from sqlalchemy import exists, func, select

from adrs.archive import schema
from adrs.archive.session import Session, now_us
from adrs.errors import ArchiveError
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.records import Opening


def key(secret: bytes, problem: Problem, split: Split, opening: int) -> bytes:
    """Return the secret key of the workloads of one opening: 32 bytes, the same whenever it is asked for."""
    return hmac.digest(secret, _name(problem, split, opening).encode(), "sha256")


def adopted_key(session: Session, problem: Problem, split: Split, opening: int) -> bytes | None:
    """Return the key of an opening that was taken over from another archive, or None."""
    table = schema.meta
    name = _ADOPTED + _name(problem, split, opening)
    found = session.connection.execute(select(table.c.value).where(table.c.name == name)).scalar()
    return None if found is None else bytes(found)


def adopt_key(session: Session, problem: Problem, split: Split, opening: int, revealed: bytes) -> None:
    """Take over the key of an opening, so that what another archive measured can be repeated in this one.

    Raises:
        ArchiveError: the problem has been measured here under another key.
    """
    runs, table = schema.runs, schema.meta
    if session.connection.execute(select(exists().where(runs.c.problem_id == problem.id))).scalar():
        raise ArchiveError(
            f"This archive has measured {problem.id!r} on workloads of its own, so a run recorded elsewhere "
            "cannot be repeated in it; name a new folder with --runs."
        )
    name = _ADOPTED + _name(problem, split, opening)
    session.connection.execute(table.delete().where(table.c.name == name))
    session.connection.execute(table.insert().values(name=name, value=revealed))


def _name(problem: Problem, split: Split, opening: int) -> str:
    return f"{problem.id}|{problem.spec.problem.version}|{split.value}|{opening}"


_ADOPTED = "key/"


def new(session: Session, problem: Problem, split: Split, purpose: str, program: str | None) -> int:
    """Count an opening of a split, and return its number, from 1."""
    if split is Split.TRAIN:
        raise ValueError("train has one opening, number 0")
    if session.connection.dialect.name == "postgresql":
        session.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(problem.id))))
    number = count(session, problem.id, split) + 1
    session.connection.execute(
        schema.openings.insert().values(
            problem_id=problem.id,
            split=split.value,
            opening=number,
            problem_version=problem.spec.problem.version,
            purpose=purpose,
            program=program,
            at_us=now_us(),
        )
    )
    return number


def count(session: Session, problem_id: str, split: Split) -> int:
    """Return how often a split of a problem was opened."""
    table = schema.openings
    query = select(func.max(table.c.opening)).where(
        table.c.problem_id == problem_id, table.c.split == split.value
    )
    return session.connection.execute(query).scalar() or 0


def of_split(session: Session, problem_id: str, split: Split) -> list[Opening]:
    """Return every opening of a split of a problem, oldest first."""
    table = schema.openings
    query = select(table).where(table.c.problem_id == problem_id, table.c.split == split.value)
    return [
        Opening(row.opening, row.purpose, row.program, row.at_us)
        for row in session.connection.execute(query.order_by(table.c.opening))
    ]
