"""Calls to models: kept the moment an answer arrives, with what they cost."""

from __future__ import annotations

import json

from sqlalchemy import bindparam, case, func, select, update

from adrs.archive import schema
from adrs.archive.session import Session, dump
from adrs.errors import ArchiveError
from adrs.model.call import CallCost, ModelCall, RecordedAnswer

_WAITING, _PARSING, _PARSED, _PARSING_AGAIN = 0, 1, 2, 3
_BEGUN_TIMES = {_PARSING: 1, _PARSING_AGAIN: 2}


def add(session: Session, ulid: str, number: int, attempt: int, call: ModelCall, *, parsing: bool) -> None:
    """Keep a call, and add its cost to what the run spent; `parsing` says that it is read from now on."""
    run = session.lock_run(ulid)
    base = _first(session, run)
    values = {
        "run": run,
        "number": number,
        "attempt": attempt,
        "role": call.role,
        "model": call.model,
        "base": base,
        "request": session.objects.pack_text(call.request, _dictionary(session, base)),
        "answer": session.objects.pack_text(call.answer),
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cost_usd": call.cost_usd,
        "usage": dump(call.usage),
        "started_us": call.started_us,
        "ended_us": call.ended_us,
        "parsing": _PARSING if parsing else _WAITING,
    }
    session.connection.execute(_ADD, values)
    booked = {
        "of_run": run,
        "more_usd": call.cost_usd or 0.0,
        "more_input": call.input_tokens,
        "more_output": call.output_tokens,
        "more_unpriced": int(call.cost_usd is None),
    }
    session.connection.execute(_BOOK, booked)


def of_attempt(session: Session, ulid: str, number: int, attempt: int | None) -> list[ModelCall]:
    """Return the calls of a trial, or of one of its attempts, in the order in which they were answered."""
    table = schema.model_calls
    query = select(table).where(table.c.run == session.run_id(ulid), table.c.number == number)
    if attempt is not None:
        query = query.where(table.c.attempt == attempt)
    unpack = session.objects.unpack_text
    rows = session.connection.execute(query.order_by(table.c.id)).all()
    return [
        ModelCall(
            model=row.model,
            role=row.role,
            request=unpack(row.request, _dictionary(session, row.base)),
            answer=unpack(row.answer),
            input_tokens=row.input_tokens,
            output_tokens=row.output_tokens,
            cost_usd=row.cost_usd,
            usage=json.loads(row.usage),
            started_us=row.started_us,
            ended_us=row.ended_us,
        )
        for row in rows
    ]


def _first(session: Session, run: int) -> int | None:
    """Return the row of a run's first call; None where it has none yet."""
    known = session.cache.first_calls.get(run)
    if known is None:
        known = session.connection.execute(_FIRST, {"of_run": run}).scalar()
        if known is not None:
            session.remember(session.cache.first_calls, run, known)
    return known


def _dictionary(session: Session, base: int | None) -> bytes:
    """Return the request that others resemble: the prompts of a run have most of their text in common.

    Raises:
        ArchiveError: it is not there any more.
    """
    if base is None:
        return b""
    known = session.cache.requests.get(base)
    if known is None:
        table = schema.model_calls
        packed = session.connection.execute(select(table.c.request).where(table.c.id == base)).scalar()
        if packed is None:
            raise ArchiveError(
                f"The archive lacks call {base}, which others are packed against: it is damaged."
            )
        known = session.objects.unpack(packed)
        session.remember(session.cache.requests, base, known)
    return known


def costs(session: Session, ulid: str) -> list[CallCost]:
    """Return what each call of a run cost, in the order in which they were answered."""
    table = schema.model_calls
    names = ("number", "attempt", "role", "model", "input_tokens", "output_tokens", "cost_usd")
    query = (
        select(*(table.c[name] for name in names))
        .where(table.c.run == session.run_id(ulid))
        .order_by(table.c.id)
    )
    return [CallCost(*row) for row in session.connection.execute(query)]


def cost_of(session: Session, ulid: str, number: int) -> float:
    """Return the dollars of a trial's calls, as far as their prices are known."""
    table = schema.model_calls
    query = select(func.sum(table.c.cost_usd)).where(
        table.c.run == session.run_id(ulid), table.c.number == number
    )
    return float(session.connection.execute(query).scalar() or 0.0)


def answers(session: Session, ulid: str, number: int, attempt: int) -> dict[str, RecordedAnswer]:
    """Return the last recorded answer of each role of an attempt."""
    table = schema.model_calls
    query = (
        select(table.c.role, table.c.answer, table.c.parsing)
        .where(table.c.run == session.run_id(ulid), table.c.number == number, table.c.attempt == attempt)
        .order_by(table.c.id)
    )
    return {
        row.role: RecordedAnswer(session.objects.unpack_text(row.answer), _BEGUN_TIMES.get(row.parsing, 0))
        for row in session.connection.execute(query)
    }


def mark(session: Session, ulid: str, number: int, attempt: int, role: str | None, *, done: bool) -> None:
    """Say that parsing an attempt's answers begins, or that it ended.

    What has begun and not ended begins again: a kill may come at any time, and one alone says nothing.
    """
    place = {"of_run": session.run_id(ulid), "of_number": number, "of_attempt": attempt}
    change = _ENDED if done else _BEGUN
    if role is not None:
        change = change.where(schema.model_calls.c.role == role)
    session.connection.execute(change, place)


_ADD = schema.model_calls.insert()
_FIRST = select(func.min(schema.model_calls.c.id)).where(schema.model_calls.c.run == bindparam("of_run"))
_BOOK = (
    update(schema.spent)
    .where(schema.spent.c.run == bindparam("of_run"))
    .values(
        calls=schema.spent.c.calls + 1,
        cost_usd=schema.spent.c.cost_usd + bindparam("more_usd"),
        input_tokens=schema.spent.c.input_tokens + bindparam("more_input"),
        output_tokens=schema.spent.c.output_tokens + bindparam("more_output"),
        unpriced_calls=schema.spent.c.unpriced_calls + bindparam("more_unpriced"),
    )
)
_PARSED_SO_FAR = schema.model_calls.c.parsing
_OF_ATTEMPT = update(schema.model_calls).where(
    schema.model_calls.c.run == bindparam("of_run"),
    schema.model_calls.c.number == bindparam("of_number"),
    schema.model_calls.c.attempt == bindparam("of_attempt"),
)
_ENDED = _OF_ATTEMPT.values(parsing=_PARSED)
_BEGUN = _OF_ATTEMPT.values(
    parsing=case((_PARSED_SO_FAR.in_((_PARSING, _PARSING_AGAIN)), _PARSING_AGAIN), else_=_PARSING)
)
