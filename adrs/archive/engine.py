"""Opening the database: where it is, how it is spoken to, which revision it has.

SQLite runs with a write-ahead log and `synchronous=NORMAL`. What is acknowledged survives `kill -9` of any
process, since the log is then in the kernel's page cache. After a power loss or a kernel crash the archive is
whole but the last commits may be missing (those since the log was last flushed); resume then repeats that
work. Only money cannot be had back: whoever keeps a model's answer calls `flush`, in a thread, before anyone
acts on it. That brings it and everything before it to the disk.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from adrs.archive import schema
from adrs.archive.session import now_us
from adrs.errors import ArchiveError

BUSY_TIMEOUT_MS = 30_000
_POSTGRES_LOCK = 0x61647273
"""Held while the tables are made or changed: "adrs" in ASCII."""


def locate(where: str | Path, *, create: bool) -> tuple[URL, Path]:
    """Return the database's URL and the folder beside it that holds objects and locks.

    Args:
        where: a folder (`runs`), an SQLite file, or a URL; with PostgreSQL the folder is `runs`.
        create: whether the folder may be made.

    Raises:
        ArchiveError: not a URL that is understood, or the folder cannot be had.
    """
    if isinstance(where, str) and "://" in where:
        return _locate_url(where, create=create)
    path = Path(where).expanduser()
    is_file = path.is_file() or path.suffix in {".sqlite", ".sqlite3", ".db"}
    file = path if is_file else path / "archive.sqlite"
    if not create and not file.is_file():
        raise ArchiveError(
            f"There is no archive at {file}; a first `adrs run` makes one, or name another with --runs."
        )
    _make_folder(file.parent)
    return URL.create("sqlite+pysqlite", database=str(file)), file.parent.absolute()


def _locate_url(where: str, *, create: bool) -> tuple[URL, Path]:
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise ArchiveError(
            "The archive's URL cannot be read; write one such as postgresql://user@host/adrs."
        ) from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        return locate(Path(url.database), create=create)
    if kind not in {"postgresql", "postgres"}:
        raise ArchiveError(f"An archive is a folder, an SQLite file or a postgresql:// URL, not {kind}://.")
    folder = Path("runs").absolute()
    _make_folder(folder)
    return url.set(drivername="postgresql+psycopg"), folder


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"The folder {folder} cannot be made ({error.strerror}); name another with --runs."
        ) from error


def connect(url: URL) -> Engine:
    """Return an engine for the database; transactions say `begin="IMMEDIATE"` to write.

    The path of an SQLite file is resolved, so that it holds when the working directory changes, and names the
    file that a link stands for, as SQLite does where it puts the log.

    Raises:
        ArchiveError: the driver is not installed.
    """
    options: dict[str, Any] = {"pool_pre_ping": True}
    if url.get_backend_name() == "sqlite" and url.database:
        url, options = url.set(database=str(Path(url.database).resolve())), {}
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise ArchiveError(
            "PostgreSQL needs the package psycopg; install it with `pip install 'adrs[postgres]'`."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # this module says BEGIN itself: the driver's way takes locks too late
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -32768")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a reader that turns writer halfway fails instead of waiting
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")


def flush(url: URL) -> None:
    """Return when everything that was committed is on the disk.

    SQLite commits into its write-ahead log without waiting for the disk: that outlives this process, and not
    a loss of power. The log is flushed from here, and not by `synchronous = FULL`, as that would hold the
    database's lock for as long as the disk takes. The log's entry in its folder is on the disk since the log
    was begun: SQLite sees to that, also when it does not wait for commits. A commit of PostgreSQL is on the
    disk anyway.

    Args:
        url: of an engine from `connect`.

    Raises:
        ArchiveError: the disk fails.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    try:
        log = os.open(f"{url.database}-wal", os.O_RDONLY)
        try:
            os.fsync(log)
        finally:
            os.close(log)
    except FileNotFoundError:
        return  # all of it is in the database, which was flushed then
    except OSError as error:
        raise ArchiveError(
            f"The archive {url.database} cannot be brought to the disk ({error.strerror}); check the disk."
        ) from error


def bring_up_to_date(engine: Engine, *, create: bool) -> None:
    """Make the tables, or change those of an older adrs.

    Raises:
        ArchiveError: the archive is newer than this adrs, or is not one.
    """
    with engine.connect() as connection, connection.begin():
        if _revision(connection) == schema.HEAD:
            return
    # alembic takes 0.2 s to import, and is needed only when something must change
    from adrs.archive.migrate import check_known, upgrade

    with engine.connect().execution_options(begin="IMMEDIATE") as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})"))
        revision = _revision(connection)  # again: another process may have been faster
        if revision == schema.HEAD:
            return
        if revision is not None:
            check_known(revision)
        elif inspect(connection).get_table_names():
            raise ArchiveError(
                f"{engine.url.database} is a database, but not an archive of adrs; name another place."
            )
        elif not create:
            raise ArchiveError(
                f"There is no archive at {engine.url.database} yet; a first `adrs run` makes one."
            )
        upgrade(connection)
        if revision is None:
            _write_meta(connection)


def _write_meta(connection: Connection) -> None:
    values = {"secret": secrets.token_bytes(16), "created_us": str(now_us()).encode()}
    rows = [{"name": name, "value": value} for name, value in values.items()]
    connection.execute(schema.meta.insert(), rows)


def _revision(connection: Connection) -> str | None:
    names = inspect(connection).get_table_names()
    if "alembic_version" not in names:
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if version is None else str(version)


def read_meta(connection: Connection, name: str) -> bytes:
    """Return one of the archive's own values.

    Raises:
        ArchiveError: it has no such value.
    """
    value = connection.execute(select(schema.meta.c.value).where(schema.meta.c.name == name)).scalar()
    if value is None:
        raise ArchiveError(f"The archive has no {name}: it is damaged.")
    return bytes(value)


def explain(error: DBAPIError, url: URL) -> ArchiveError:
    """Return what a database's error means, in one sentence that never holds a password or a value."""
    place = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    for sign, meaning in _MEANINGS.items():
        if sign in said:
            return ArchiveError(f"The archive {place} {meaning} ({said}).")
    return ArchiveError(f"The archive {place} cannot be used: {said}.")


_MEANINGS = {
    "file is not a database": "is not an SQLite file; move it away or name another",
    "malformed": "is damaged; restore it from a copy, or recover it with `sqlite3 FILE .recover`",
    "readonly": "cannot be written; check who owns the file and its folder",
    "unable to open": "cannot be opened; check that its folder exists and can be written",
    "locked": "is held by another process for too long; end that process or try again",
    "is full": "cannot grow, the disk is full; make room and resume",
    "disk I/O": "cannot be read or written; check the disk",
    "Connection refused": "does not answer; check that the server runs and the address is right",
    "connection failed": "cannot be reached; check the address, the user and the password",
}
