"""One process works on a run at a time.

On SQLite the lock is a POSIX record lock on `<folder>/<run>.lock`. It belongs to the process, so `kill -9`
frees it even while children that it forked live on (an `flock` would stay with them). On PostgreSQL it is an
advisory lock of a session.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from adrs.errors import ArchiveError

_held: set[Path] = set()
_guard = threading.Lock()
"""A process may take its own record lock twice, so what this process holds is kept here."""


@contextmanager
def hold_file(folder: Path, run: str) -> Iterator[None]:
    """Hold the lock of a run.

    Raises:
        ArchiveError: another process works on the run, or the lock file cannot be made.
    """
    path = (folder / f"{run}.lock").resolve()
    with _guard:
        if path in _held:
            raise ArchiveError(_busy(run, str(os.getpid())))
        handle = _take(path, run)
        _held.add(path)
    try:
        yield
    finally:
        with _guard:
            _held.discard(path)
            os.close(handle)


def _take(path: Path, run: str) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise ArchiveError(f"The lock {path} cannot be made: {error.strerror}.") from error
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        os.close(handle)
        raise ArchiveError(_busy(run, owner)) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _busy(run: str, owner: str) -> str:
    who = f"process {owner}" if owner.isdigit() else "another process"
    return f"Run {run} is being worked on by {who}; wait until it ends, or stop it with Ctrl-C."


@contextmanager
def hold_session(engine: Engine, run: str) -> Iterator[None]:
    """Hold the lock of a run on a PostgreSQL server, for as long as one connection lives.

    Raises:
        ArchiveError: another process works on the run.
    """
    number = int.from_bytes(hashlib.sha256(run.encode()).digest()[:8], "big", signed=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        took = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar()
        if not took:
            raise ArchiveError(_busy(run, ""))
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})
