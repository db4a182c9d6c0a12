"""Trials: begun before anything is spent on them, recorded before anyone acts on them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Column, Row, Select, and_, bindparam, func, or_, select, update

from adrs.archive import evaluations, proposals, schema
from adrs.archive.session import Session, dump, insert_into, now_us
from adrs.errors import ArchiveError
from adrs.model.records import Incident, Purpose
from adrs.model.trial import Candidate, Selection, TellStatus, Trial, TrialState

PAGE = 250
_OPEN = (TrialState.RUNNING.value, TrialState.ERRORED.value)


_OF_RUN = schema.trials.alias()
_LAST_TOLD = select(func.max(_OF_RUN.c.told)).where(_OF_RUN.c.run == bindparam("run"))
_RECORDED = (
    select(
        schema.trials.c.state,
        schema.trials.c.attempt,
        schema.trials.c.told,
        schema.trials.c.status,
        schema.programs.c.digest,
        schema.proposals.c.program.label("proposed"),
        _LAST_TOLD.scalar_subquery().label("last_told"),
    )
    .outerjoin(schema.programs, schema.trials.c.program == schema.programs.c.id)
    .outerjoin(
        schema.proposals,
        (schema.proposals.c.run == schema.trials.c.run)
        & (schema.proposals.c.number == schema.trials.c.number)
        & (schema.proposals.c.attempt == bindparam("attempt")),
    )
    .where(schema.trials.c.run == bindparam("run"), schema.trials.c.number == bindparam("number"))
)
_MARK_TOLD = update(schema.trials).where(
    schema.trials.c.run == bindparam("of_run"), schema.trials.c.number == bindparam("of_number")
)


def begin(session: Session, trial: Trial) -> None:
    """Keep a RUNNING trial; one that is RUNNING or ERRORED already is begun anew."""
    if trial.state is not TrialState.RUNNING:
        raise ValueError(f"a trial begins as running, not as {trial.state.value}")
    begun = session.connection.execute(_put(session.dialect), _values(session, trial)).first()
    if begun is None:
        raise ValueError(f"trial {trial.number} of run {trial.run_id} has ended already")


def record(session: Session, trial: Trial) -> Trial:
    """Keep a trial that ended, with its program and evaluation, and give it its place among the tells."""
    if trial.state is TrialState.RUNNING:
        raise ValueError("a running trial is begun, not recorded")
    run = session.lock_run(trial.run_id)
    place = {"run": run, "number": trial.number, "attempt": trial.attempt}
    row = session.connection.execute(_RECORDED, place).first()
    if row is not None and row.state not in _OPEN:
        return _as_recorded(row, trial)
    values = _values(session, trial)
    if trial.candidate is not None:
        program = values["program"] = session.add_program(trial.program, session.initial_of(run))
        if row is None or row.proposed != program:
            proposals.keep_candidate(session, run, trial)
        if trial.evaluation is not None:
            values["evaluation"] = evaluations.add(
                session, run, program, trial.evaluation, Purpose.TRAIN, trial.number
            )
    if trial.state is TrialState.ERRORED:
        session.connection.execute(
            schema.incidents.insert().values(
                run=run, number=trial.number, reason=trial.reason, at_us=trial.ended_us or now_us()
            )
        )
    else:
        last = row.last_told if row else session.connection.execute(_LAST_TOLD, {"run": run}).scalar()
        values["told"] = 0 if last is None else last + 1
    session.connection.execute(_put(session.dialect), values)
    return replace(trial, told=values["told"])


@cache
def _put(dialect: str) -> Any:
    """Return the statement that writes a trial, or returns no row where it has ended already."""
    table = schema.trials
    insert = insert_into(dialect, table)
    changes = {c.name: insert.excluded[c.name] for c in table.c if not c.primary_key}
    return insert.on_conflict_do_update(
        index_elements=["run", "number"],
        set_=changes,
        where=or_(*(table.c.state == state for state in _OPEN)),
    ).returning(table.c.number)


def _values(session: Session, trial: Trial) -> dict[str, Any]:
    selection = trial.selection
    return {
        "run": session.run_id(trial.run_id),
        "number": trial.number,
        "state": trial.state.value,
        "selection": dump([selection.parent, selection.inspirations, selection.target]),
        "asked_after": trial.asked_after,
        "attempt": trial.attempt,
        "program": None,
        "evaluation": None,
        "reason": trial.reason,
        "cost_usd": trial.cost_usd,
        "started_us": trial.started_us,
        "ended_us": trial.ended_us,
        "told": None,
        "status": None if trial.status is None else trial.status.value,
    }


def _as_recorded(row: Any, trial: Trial) -> Trial:
    digest = None if trial.candidate is None else trial.candidate.program.digest
    if (row.state, row.attempt, row.digest) != (trial.state.value, trial.attempt, digest):
        raise ValueError(f"trial {trial.number} of run {trial.run_id} is recorded already, as {row.state}")
    return replace(trial, told=row.told, status=_status(row.status))


def mark_told(session: Session, ulid: str, number: int, status: TellStatus) -> None:
    """Keep what the strategy did with a trial."""
    place = {"of_run": session.run_id(ulid), "of_number": number}
    session.connection.execute(_MARK_TOLD, {**place, "status": status.value})


def page(
    session: Session,
    ulid: str,
    *,
    told_order: bool,
    states: Collection[TrialState] | None,
    light: bool,
    after: int,
) -> tuple[list[Trial], int | None]:
    """Return the next trials, and where the page after them begins."""
    table = schema.trials
    order = table.c.told if told_order else table.c.number
    query = _select(light=light).where(table.c.run == session.run_id(ulid), order > after)
    if states is not None:
        query = query.where(table.c.state.in_([state.value for state in states]))
    rows = session.connection.execute(query.order_by(order).limit(PAGE)).all()
    following = (rows[-1].told if told_order else rows[-1].number) if len(rows) == PAGE else None
    return [_trial(session, ulid, row, light=light) for row in rows], following


def one(session: Session, ulid: str, number: int) -> Trial:
    """Return a trial.

    Raises:
        ArchiveError: the run has no such trial.
    """
    table = schema.trials
    run = session.run_id(ulid)
    row = session.connection.execute(
        _select(light=False).where(table.c.run == run, table.c.number == number)
    ).first()
    if row is None:
        last = next_number(session, ulid) - 1
        has = "it has no trial yet" if last < 0 else f"its trials are 0 to {last}"
        raise ArchiveError(f"Run {ulid} has no trial {number}; {has}.")
    return _trial(session, ulid, row, light=False)


def next_number(session: Session, ulid: str) -> int:
    """Return the number that no trial of a run has yet."""
    table = schema.trials
    last = session.connection.execute(
        select(func.max(table.c.number)).where(table.c.run == session.run_id(ulid))
    ).scalar()
    return 0 if last is None else last + 1


def number_of(
    session: Session, ulid: str, program: str, before: int | None = None, since: int = 0
) -> int | None:
    """Return the first told trial of a run that a program came from, or None."""
    table = schema.trials
    row = session.find_program(program)
    if row is None:
        return None
    query = select(func.min(table.c.number)).where(
        table.c.run == session.run_id(ulid), table.c.program == row, table.c.told.is_not(None)
    )
    if before is not None:
        query = query.where(table.c.number < before)
    if since:
        query = query.where(table.c.number >= since)
    return session.connection.execute(query).scalar()


def lineage(session: Session, ulid: str, number: int) -> list[Trial]:
    """Return a trial and what it was built on, back to the initial program, oldest first."""
    line = [one(session, ulid, number)]
    while line[-1].number > 0:
        parent = line[-1].selection.parent
        before = 0 if parent is None else number_of(session, ulid, parent, line[-1].number)
        if before is None:  # a program that came by import
            break
        line.append(one(session, ulid, before))
    return line[::-1]


def incidents(session: Session, ulid: str) -> list[Incident]:
    """Return every time that a trial of a run ended ERRORED, oldest first."""
    table = schema.incidents
    rows = session.connection.execute(
        select(table).where(table.c.run == session.run_id(ulid)).order_by(table.c.id)
    )
    return [Incident(ulid, row.number, row.reason, row.at_us) for row in rows]


def _select(*, light: bool) -> Select[Any]:
    table, proposed, measured = schema.trials, schema.proposals, schema.evaluations
    kept: tuple[Column[Any], ...] = evaluations.LIGHT if light else tuple(measured.c)
    same_attempt = and_(
        proposed.c.run == table.c.run,
        proposed.c.number == table.c.number,
        proposed.c.attempt == table.c.attempt,
    )
    return (
        select(table, proposed.c.edit, proposed.c.summary, *(c.label(f"e_{c.name}") for c in kept))
        .outerjoin(proposed, same_attempt)
        .outerjoin(measured, table.c.evaluation == measured.c.id)
    )


def _trial(session: Session, ulid: str, row: Row[Any], *, light: bool) -> Trial:
    parent, inspirations, target = json.loads(row.selection)
    candidate = None
    if row.program is not None:
        candidate = Candidate(session.load_program(row.program), row.edit or "", row.summary or "")
    evaluation = None
    if row.evaluation is not None:
        evaluation = evaluations.read(session, row, "e_", light=light)
    return Trial(
        run_id=ulid,
        number=row.number,
        state=TrialState(row.state),
        selection=Selection(parent, tuple(inspirations), target),
        asked_after=row.asked_after,
        attempt=row.attempt,
        candidate=candidate,
        evaluation=evaluation,
        reason=row.reason,
        cost_usd=row.cost_usd,
        started_us=row.started_us,
        ended_us=row.ended_us,
        told=row.told,
        status=_status(row.status),
    )


def _status(value: str | None) -> TellStatus | None:
    return None if value is None else TellStatus(value)
