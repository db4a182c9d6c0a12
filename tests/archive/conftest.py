"""An archive of its own for every test, and records to put into it."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import archive_records as records
from sqlalchemy import NullPool, create_engine, text

from adrs.archive.store import Archive

SERVER = os.environ.get("ADRS_TEST_POSTGRES_URL", "")
"""A PostgreSQL server on which databases may be made, such as
postgresql+psycopg://postgres@localhost/postgres."""


_POSTGRES = [pytest.param("postgresql", marks=pytest.mark.postgres)] if SERVER else []


@pytest.fixture(params=["sqlite", *_POSTGRES])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a new archive can be made, on each engine."""
    monkeypatch.chdir(tmp_path)
    if request.param == "sqlite":
        yield str(tmp_path / "runs")
        return
    name = f"adrs_{uuid.uuid4().hex}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def archive(place: str) -> Iterator[Archive]:
    """An archive that holds one run without trials."""
    with Archive.open(place) as archive:
        archive.create_run(records.run_record(), records.INITIAL)
        yield archive
