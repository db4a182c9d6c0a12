"""Programs found by the beginning of their digest."""

from __future__ import annotations

from sqlalchemy import select

from adrs.archive import schema
from adrs.archive.session import Session
from adrs.errors import ArchiveError
from adrs.model.program import Program

_SHORTEST = 6


def find(session: Session, ref: str) -> Program:
    """Return a program by its digest or a unique beginning of it.

    Raises:
        ArchiveError: no program, or more than one, is meant.
    """
    name = ref.strip().lower()
    if len(name) < _SHORTEST or set(name) - set("0123456789abcdef"):
        raise ArchiveError(
            f"{ref!r} is not a program: write at least {_SHORTEST} hexadecimal digits of its digest."
        )
    table = schema.programs
    meant = table.c.digest.between(name.ljust(64, "0"), name.ljust(64, "f"))
    query = select(table.c.id, table.c.digest).where(meant).order_by(table.c.digest).limit(3)
    found = session.connection.execute(query).all()
    if len(found) == 1:
        return session.load_program(found[0].id)
    if not found:
        raise ArchiveError(f"There is no program {ref!r} in this archive; `adrs show RUN` lists a run's.")
    some = ", ".join(row.digest[:16] for row in found)
    raise ArchiveError(f"{ref!r} means more than one program: {some}; write more of it.")
