"""Runs: made, changed, found by a short name, and what they spent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from adrs.archive import schema
from adrs.archive.session import Session, dump
from adrs.errors import ArchiveError, did_you_mean
from adrs.model.budget import Usage
from adrs.model.program import Program
from adrs.model.run import RunRecord, RunState

_CHANGEABLE = frozenset(
    {
        "adrs_version",
        "champion",
        "config",
        "ended_us",
        "search_digest",
        "seconds",
        "state",
        "stop_reason",
    }
)
_ULID_LENGTH = 26


def create(session: Session, run: RunRecord, initial: Program) -> None:
    """Keep a new run and its initial program."""
    if run.initial != initial.digest:
        raise ValueError(f"the run names {run.initial} as its initial program, which is {initial.digest}")
    values = {
        "ulid": run.id,
        "problem_id": run.problem_id,
        "problem_version": run.problem_version,
        "problem_digest": run.problem_digest,
        "evaluator_digest": run.evaluator_digest,
        "config": dump(run.config),
        "seed": str(run.seed),
        "state": run.state.value,
        "initial": session.add_program(initial),
        "champion": run.champion,
        "stop_reason": run.stop_reason,
        "adrs_version": run.adrs_version,
        "search_digest": run.search_digest,
        "created_us": run.created_us,
        "ended_us": run.ended_us,
        "seconds": run.seconds,
    }
    session.connection.execute(schema.runs.insert().values(values))
    nothing = {"calls": 0, "cost_usd": 0.0, "input_tokens": 0, "output_tokens": 0, "unpriced_calls": 0}
    session.connection.execute(schema.spent.insert().values(run=session.run_id(run.id), **nothing))


def change(session: Session, ulid: str, changes: Mapping[str, Any]) -> RunRecord:
    """Change what may change of a run, and return it."""
    unknown = sorted(set(changes) - _CHANGEABLE)
    if unknown:
        raise ValueError(f"a run's {', '.join(unknown)} cannot be changed; {sorted(_CHANGEABLE)} can")
    values = dict(changes)
    if "config" in values:
        values["config"] = dump(values["config"])
    if "state" in values:
        values["state"] = RunState(values["state"]).value
    row = session.run_id(ulid)
    if values:
        session.connection.execute(update(schema.runs).where(schema.runs.c.id == row).values(values))
    found = session.connection.execute(_select().where(schema.runs.c.id == row)).one()
    return _record(found)


def find(session: Session, ref: str) -> RunRecord:
    """Return a run by its ULID, a unique beginning of it, or `last`.

    Raises:
        ArchiveError: no run, or more than one, is meant.
    """
    runs = schema.runs
    if ref == "last":
        made_here = runs.c.state != RunState.IMPORTED.value
        newest = session.connection.execute(_newest().where(made_here).limit(1)).first()
        if newest is None:
            raise ArchiveError("The archive has no run yet; `adrs run PROBLEM` makes one.")
        return _record(newest)
    name = ref.strip().upper()
    low, high = name.ljust(_ULID_LENGTH, "0"), name.ljust(_ULID_LENGTH, "Z")
    found = session.connection.execute(
        _select().where(runs.c.ulid.between(low, high)).order_by(runs.c.ulid).limit(4)
    ).all()
    if len(found) == 1 and name:
        return _record(found[0])
    if found:
        some = ", ".join(row.ulid for row in found[:3]) + (", ..." if len(found) > 3 else "")
        raise ArchiveError(f"{ref!r} means more than one run: {some}; write more of it, or `last`.")
    raise ArchiveError(_no_run(session, ref, name))


def _no_run(session: Session, ref: str, name: str) -> str:
    known = [row.ulid for row in session.connection.execute(_newest().limit(50))]
    if not known:
        return f"There is no run {ref!r}: the archive has none yet; `adrs run PROBLEM` makes one."
    hint = did_you_mean(name, known) or f" The newest is {known[0]}."
    return f"There is no run {ref!r}; `adrs runs` lists them.{hint}"


def newest(session: Session, limit: int) -> list[RunRecord]:
    """Return the newest runs, newest first."""
    return [_record(row) for row in session.connection.execute(_newest().limit(limit))]


def usage(session: Session, ulid: str) -> Usage:
    """Return what a run spent: told trials besides the initial one, time, money, tokens."""
    row = session.run_id(ulid)
    trials, spent, runs = schema.trials, schema.spent, schema.runs
    told = session.connection.execute(select(func.max(trials.c.told)).where(trials.c.run == row)).scalar()
    sums = session.connection.execute(select(spent).where(spent.c.run == row)).one()
    seconds = session.connection.execute(select(runs.c.seconds).where(runs.c.id == row)).scalar_one()
    return Usage(
        trials=told or 0,  # told counts from 0, and 0 is the initial program
        seconds=seconds,
        cost_usd=sums.cost_usd,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        unpriced_calls=sums.unpriced_calls,
    )


def _select() -> Select[Any]:
    runs, programs = schema.runs, schema.programs
    return select(runs, programs.c.digest.label("initial_digest")).join(
        programs, runs.c.initial == programs.c.id
    )


def _newest() -> Select[Any]:
    return _select().order_by(schema.runs.c.created_us.desc(), schema.runs.c.id.desc())


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        id=row.ulid,
        problem_id=row.problem_id,
        problem_version=row.problem_version,
        problem_digest=row.problem_digest,
        evaluator_digest=row.evaluator_digest,
        config=json.loads(row.config),
        seed=int(row.seed),
        state=RunState(row.state),
        initial=row.initial_digest,
        champion=row.champion,
        stop_reason=row.stop_reason,
        adrs_version=row.adrs_version,
        search_digest=row.search_digest,
        created_us=row.created_us,
        ended_us=row.ended_us,
        seconds=row.seconds,
    )
