"""Evaluations: kept whole and small, read back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, bindparam, select

from adrs import __version__
from adrs.archive import schema
from adrs.archive.packing import pack_results, unpack_results
from adrs.archive.session import Session, dump, now_us
from adrs.model.certificate import Certificate
from adrs.model.evaluation import Evaluation, Split
from adrs.model.records import EvaluationRecord, Purpose

_BATCH = 200

LIGHT = tuple(column for column in schema.evaluations.c if column.name != "results")
"""What a listing needs: all but the per-workload results."""


_ADD = schema.evaluations.insert().returning(schema.evaluations.c.id)
_MADE_WITH = select(schema.runs.c.problem_digest, schema.runs.c.evaluator_digest).where(
    schema.runs.c.id == bindparam("run")
)


def add(
    session: Session,
    run: int,
    program: int,
    evaluation: Evaluation,
    purpose: Purpose,
    number: int | None = None,
) -> int:
    """Keep an evaluation and return its row."""
    layout, results = pack_results(evaluation.results)
    values = {
        "run": run,
        "number": number,
        "program": program,
        "purpose": purpose.value,
        "split": evaluation.split.value,
        "opening": evaluation.opening,
        "layout": session.intern(layout),
        "context": session.intern(_context(session, run, evaluation)),
        "objectives": dump(evaluation.objectives),
        "measures": dump(evaluation.measures),
        "results": session.objects.pack(results),
        "complete": evaluation.complete,
        "isolated": evaluation.isolated,
        "differs": evaluation.differs_when_isolated,
        "feedback": session.objects.pack_text(evaluation.feedback),
        "behaviour": evaluation.behaviour,
        "wall_s": evaluation.wall_s,
        "cpu_s": evaluation.cpu_s,
        "sandbox": evaluation.sandbox,
        "at_us": now_us(),
    }
    return int(session.connection.execute(_ADD, values).scalar_one())


def _context(session: Session, run: int, evaluation: Evaluation) -> bytes:
    """What an evaluation was made with: many share it, so that a whole certificate in it takes no room."""
    digests = session.cache.made_with.get(run)
    if digests is None:
        row = session.connection.execute(_MADE_WITH, {"run": run}).one()
        digests = row.problem_digest, row.evaluator_digest
        session.remember(session.cache.made_with, run, digests)
    made_with: list[Any] = [*digests, __version__]
    if evaluation.certificate is not None:
        made_with.append(evaluation.certificate.as_plain())
    return dump(made_with).encode()


def read(session: Session, row: Row[Any], prefix: str = "", *, light: bool = False) -> Evaluation:
    """Return the evaluation of a row.

    Args:
        session: the transaction.
        row: columns of `evaluations`, each with `prefix` before its name.
        prefix: what the query put before the names.
        light: whether the row has no per-workload results; `Evaluation.results` is empty then.
    """
    get = {name.removeprefix(prefix): value for name, value in row._mapping.items()}.__getitem__
    results = (
        () if light else unpack_results(session.body(get("layout")), session.objects.unpack(get("results")))
    )
    _, _, _, *certified = session.body(get("context"))
    return Evaluation(
        split=Split(get("split")),
        opening=get("opening"),
        results=results,
        objectives=json.loads(get("objectives")),
        complete=get("complete"),
        isolated=get("isolated"),
        differs_when_isolated=get("differs"),
        measures=json.loads(get("measures")),
        feedback=session.objects.unpack_text(get("feedback")),
        behaviour=get("behaviour"),
        wall_s=get("wall_s"),
        cpu_s=get("cpu_s"),
        sandbox=get("sandbox"),
        certificate=Certificate.from_plain(certified[0]) if certified else None,
    )


def page(
    session: Session,
    *,
    program: str | None,
    run: str | None,
    purpose: Purpose | None,
    after: int,
) -> tuple[list[EvaluationRecord], int | None]:
    """Return the next evaluations in the order of their making, and where the page after them begins."""
    table, runs, programs = schema.evaluations, schema.runs, schema.programs
    query = (
        select(table, runs.c.ulid, programs.c.digest)
        .join(runs, table.c.run == runs.c.id)
        .join(programs, table.c.program == programs.c.id)
        .where(table.c.id > after)
        .order_by(table.c.id)
        .limit(_BATCH)
    )
    if program is not None:
        query = query.where(table.c.program == (session.find_program(program) or 0))
    if run is not None:
        query = query.where(table.c.run == session.run_id(run))
    if purpose is not None:
        query = query.where(table.c.purpose == purpose.value)
    rows = session.connection.execute(query).all()
    following = rows[-1].id if len(rows) == _BATCH else None
    return list(_records(session, rows)), following


def _records(session: Session, rows: Any) -> Iterator[EvaluationRecord]:
    for row in rows:
        problem_digest, evaluator_digest, version, *_ = session.body(row.context)
        yield EvaluationRecord(
            run_id=row.ulid,
            number=row.number,
            program=row.digest,
            purpose=Purpose(row.purpose),
            evaluation=read(session, row),
            problem_digest=problem_digest,
            evaluator_digest=evaluator_digest,
            adrs_version=version,
            at_us=row.at_us,
        )
