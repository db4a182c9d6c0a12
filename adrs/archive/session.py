"""One transaction, and what every table needs: rows of programs and runs, shared values, JSON."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from adrs.archive import schema
from adrs.archive.objects import ObjectStore
from adrs.errors import ArchiveError
from adrs.model.program import Program

_PROGRAMS_KEPT = 1024
"""Decoded programs that are kept in memory."""


@dataclass
class Cache:
    """What never changes once it is written, kept between transactions."""

    run_ids: dict[str, int] = field(default_factory=dict)
    """Row by ULID."""
    initial: dict[int, int] = field(default_factory=dict)
    """Row of the initial program by row of the run."""
    made_with: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Digests of problem and evaluator by row of the run."""
    first_calls: dict[int, int] = field(default_factory=dict)
    """Row of the first call by row of the run."""
    requests: dict[int, bytes] = field(default_factory=dict)
    """Requests of first calls by their row."""
    program_ids: dict[str, int] = field(default_factory=dict)
    programs: dict[int, Program] = field(default_factory=dict)
    interned: dict[bytes, int] = field(default_factory=dict)
    bodies: dict[int, Any] = field(default_factory=dict)

    def forget_values(self) -> None:
        """Drop what a transaction that failed may have read of its own rows."""
        self.programs.clear()
        self.bodies.clear()


class Session:
    """A transaction on the archive. Functions of the other modules take one."""

    def __init__(self, connection: Connection, objects: ObjectStore, cache: Cache) -> None:
        """Keep what the transaction works with."""
        self.connection = connection
        self.objects = objects
        self.cache = cache
        self._fresh: list[tuple[dict[Any, Any], Any, Any]] = []

    def remember(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Put something into the cache, once this transaction is committed."""
        self._fresh.append((table, key, value))

    def committed(self) -> None:
        """Keep which rows this transaction made or met; called after it was committed."""
        for table, key, value in self._fresh:
            table[key] = value

    @property
    def dialect(self) -> str:
        """The engine's name: `sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def run_id(self, ulid: str) -> int:
        """Return a run's row.

        Raises:
            ArchiveError: there is no such run.
        """
        known = self.cache.run_ids.get(ulid)
        if known is not None:
            return known
        runs = schema.runs
        row = self.connection.execute(select(runs.c.id).where(runs.c.ulid == ulid)).scalar()
        if row is None:
            raise ArchiveError(f"The archive has no run {ulid}.")
        self.remember(self.cache.run_ids, ulid, row)
        return int(row)

    def initial_of(self, run: int) -> int:
        """Return the row of a run's initial program."""
        known = self.cache.initial.get(run)
        if known is not None:
            return known
        runs = schema.runs
        row = self.connection.execute(select(runs.c.initial).where(runs.c.id == run)).scalar_one()
        self.remember(self.cache.initial, run, row)
        return int(row)

    def lock_run(self, ulid: str) -> int:
        """Return a run's row, held until the end of the transaction (SQLite holds the whole file)."""
        run = self.run_id(ulid)
        if self.dialect == "postgresql":
            runs = schema.runs
            self.connection.execute(select(runs.c.id).where(runs.c.id == run).with_for_update())
        return run

    def find_program(self, digest: str) -> int | None:
        """Return a program's row, or None."""
        known = self.cache.program_ids.get(digest)
        if known is not None:
            return known
        row = self.connection.execute(_FIND_PROGRAM, {"digest": digest}).scalar()
        if row is not None:
            self.remember(self.cache.program_ids, digest, row)
        return row

    def add_program(self, program: Program, base: int | None = None) -> int:
        """Return a program's row, new or not.

        Args:
            program: what to keep.
            base: row of a program that it resembles (the run's initial one): only what differs takes room.
        """
        known = self.cache.program_ids.get(program.digest)
        if known is not None:
            return known
        dictionary = b"" if base is None else _encode(self.load_program(base))
        values = {
            "digest": program.digest,
            "base": base,
            "files": self.objects.pack(_encode(program), dictionary),
            "at_us": now_us(),
        }
        row = self.connection.execute(_add_if_new(self.dialect, schema.programs), values).scalar()
        if row is None:  # it is there, and this process has not met it
            row = self.find_program(program.digest)
            if row is None:
                raise ArchiveError(f"The program {program.digest} was not kept.")
            return row
        self.remember(self.cache.program_ids, program.digest, row)
        return int(row)

    def load_program(self, row: int) -> Program:
        """Return a program by its row.

        Raises:
            ArchiveError: it is not what its digest says.
        """
        known = self.cache.programs.get(row)
        if known is not None:
            return known
        programs = schema.programs
        found = self.connection.execute(select(programs).where(programs.c.id == row)).one()
        base = b"" if found.base is None else _encode(self.load_program(found.base))
        files = json.loads(self.objects.unpack(found.files, base).decode())
        program = Program(tuple((path, text) for path, text in files))
        if program.digest != found.digest:
            raise ArchiveError(f"The program {found.digest} is damaged: its source has another digest.")
        if len(self.cache.programs) >= _PROGRAMS_KEPT:
            self.cache.programs.pop(next(iter(self.cache.programs)), None)
        self.cache.programs[row] = program
        return program

    def intern(self, body: bytes) -> int:
        """Return the row of a value that many rows share."""
        digest = hashlib.sha256(body).digest()[:16]
        known = self.cache.interned.get(digest)
        if known is not None:
            return known
        table = schema.interned
        values = {"digest": digest, "body": self.objects.pack(body)}
        row = self.connection.execute(_add_if_new(self.dialect, table), values).scalar()
        if row is None:
            row = self.connection.execute(select(table.c.id).where(table.c.digest == digest)).scalar_one()
        self.remember(self.cache.interned, digest, row)
        return int(row)

    def body(self, row: int) -> Any:
        """Return a shared value, parsed from JSON."""
        if row not in self.cache.bodies:
            table = schema.interned
            packed = self.connection.execute(select(table.c.body).where(table.c.id == row)).scalar_one()
            self.cache.bodies[row] = json.loads(self.objects.unpack(packed))
        return self.cache.bodies[row]


_FIND_PROGRAM = select(schema.programs.c.id).where(schema.programs.c.digest == bindparam("digest"))


def insert_into(dialect: str, table: Table) -> Any:
    """Return an insert that can say `on_conflict_do_nothing` and `on_conflict_do_update`.

    What runs on every trial is built once and executed with values: building a statement takes longer than
    SQLite takes to carry it out.
    """
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _add_if_new(dialect: str, table: Table) -> Any:
    return insert_into(dialect, table).on_conflict_do_nothing().returning(table.c.id)


def now_us() -> int:
    """Return the time: UTC, integer microseconds."""
    return time.time_ns() // 1000


def dump(value: object) -> str:
    """Return compact JSON in ASCII, with mappings and tuples as they come."""
    return json.dumps(value, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not plain JSON")


def _encode(program: Program) -> bytes:
    return json.dumps(program.files, ensure_ascii=False, separators=(",", ":")).encode()
