"""Proposals: one row per attempt of a trial, whether it was taken or rejected."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import func, select

from adrs.archive import schema
from adrs.archive.session import Session, insert_into, now_us
from adrs.errors import ArchiveError
from adrs.model.records import Proposal
from adrs.model.trial import Candidate, Trial


def add(session: Session, proposal: Proposal, candidate: Candidate | None) -> None:
    """Keep an attempt; said again, what is new of it is added and the reason is replaced."""
    run = session.lock_run(proposal.run_id)
    _upsert(session, run, proposal, candidate, keep_reason=False)


def keep_candidate(session: Session, run: int, trial: Trial) -> None:
    """Keep the candidate of a trial that ended, where its proposal was not kept before."""
    said = Proposal(trial.run_id, trial.number, trial.attempt, None)
    _upsert(session, run, said, trial.candidate, keep_reason=True)


def _upsert(
    session: Session, run: int, proposal: Proposal, candidate: Candidate | None, *, keep_reason: bool
) -> None:
    program = None
    if candidate is not None:
        program = session.add_program(candidate.program, session.initial_of(run))
    values = {
        "run": run,
        "number": proposal.number,
        "attempt": proposal.attempt,
        "program": program,
        "edit": "" if candidate is None else candidate.edit,
        "summary": "" if candidate is None else candidate.summary,
        "reason": proposal.reason,
        "normal_form": proposal.normal_form,
        "at_us": proposal.at_us or now_us(),
    }
    session.connection.execute(_put(session.dialect, keep_reason), values)


@cache
def _put(dialect: str, keep_reason: bool) -> Any:
    table = schema.proposals
    insert = insert_into(dialect, table)
    new = insert.excluded
    changes = {"program": func.coalesce(new.program, table.c.program)}
    for name in ("edit", "summary", "normal_form"):
        changes[name] = func.coalesce(func.nullif(new[name], ""), table.c[name])
    if not keep_reason:
        changes["reason"] = new.reason
    return insert.on_conflict_do_update(index_elements=["run", "number", "attempt"], set_=changes)


def of_trial(
    session: Session, ulid: str, number: int | None, after: int, limit: int
) -> list[tuple[int, Proposal]]:
    """Return the next proposals of a run or of one trial, each with its row, in the order of their making."""
    table, programs = schema.proposals, schema.programs
    query = (
        select(table, programs.c.digest)
        .outerjoin(programs, table.c.program == programs.c.id)
        .where(table.c.run == session.run_id(ulid), table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    if number is not None:
        query = query.where(table.c.number == number)
    return [
        (
            row.id,
            Proposal(
                run_id=ulid,
                number=row.number,
                attempt=row.attempt,
                program=row.digest,
                edit=row.edit,
                summary=row.summary,
                reason=row.reason,
                normal_form=row.normal_form,
                at_us=row.at_us,
            ),
        )
        for row in session.connection.execute(query)
    ]


def candidate(session: Session, proposal: Proposal) -> Candidate:
    """Return the candidate that a proposal names.

    Raises:
        ArchiveError: it names none that is kept.
    """
    row = None if proposal.program is None else session.find_program(proposal.program)
    if row is None:
        raise ArchiveError(f"Attempt {proposal.attempt} of trial {proposal.number} has no program.")
    return Candidate(session.load_program(row), proposal.edit, proposal.summary)
