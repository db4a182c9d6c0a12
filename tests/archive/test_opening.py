from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import archive_records as records
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from adrs.archive import engine, migrate, schema
from adrs.archive.store import Archive
from adrs.errors import ArchiveError


def test_a_folder_a_file_and_a_url_name_the_same_archive(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "runs") as archive:
        archive.create_run(records.run_record(), records.INITIAL)
    file = tmp_path / "runs" / "archive.sqlite"
    for where in (file, str(file), f"sqlite:///{file}", str(tmp_path / "runs")):
        with Archive.open(where, create=False) as archive:
            assert archive.run("last") == records.run_record()


def test_sqlite_runs_as_it_is_meant_to(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive, archive._transaction() as session:

        def pragma(name: str) -> object:
            return session.connection.exec_driver_sql(f"PRAGMA {name}").scalar()

        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 1
        assert pragma("foreign_keys") == 1
        assert pragma("busy_timeout") == 30_000


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were flushed to the disk by us."""
    files: list[str] = []

    def spy(descriptor: int) -> None:
        files.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr("os.fsync", spy)
    return files


def keep_an_answer(archive: Archive) -> None:
    archive.create_run(records.run_record(), records.INITIAL)
    archive.record_call(records.RUN, 0, 0, records.model_call(0))


def test_an_answer_that_was_paid_for_is_flushed_to_the_disk(tmp_path: Path, flushed: list[str]) -> None:
    with Archive.open(tmp_path) as archive:
        keep_an_answer(archive)
        flushed.clear()
        archive.flush()
    assert flushed == [str(tmp_path / "archive.sqlite-wal")]


def test_an_archive_stays_where_it_is_when_the_working_directory_changes(
    tmp_path: Path, flushed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Archive.open("runs") as archive:
        monkeypatch.chdir(elsewhere)
        keep_an_answer(archive)
        artifact = archive.add_artifact(records.RUN, None, "large", os.urandom(200_000))
        flushed.clear()
        archive.flush()
        assert len(archive.artifact(artifact)) == 200_000
    assert flushed == [str(tmp_path / "runs" / "archive.sqlite-wal")]
    assert list(elsewhere.iterdir()) == []


def test_an_archive_behind_a_link_is_flushed_where_its_log_is(tmp_path: Path, flushed: list[str]) -> None:
    for folder in ("disk", "runs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "runs" / "archive.sqlite").symlink_to(tmp_path / "disk" / "archive.sqlite")
    with Archive.open(tmp_path / "runs") as archive:
        keep_an_answer(archive)
        flushed.clear()
        archive.flush()
    assert flushed == [str(tmp_path / "disk" / "archive.sqlite-wal")]


def test_a_disk_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Archive.open(tmp_path) as archive:
        keep_an_answer(archive)
        monkeypatch.setattr("os.fsync", fail)
        with pytest.raises(ArchiveError, match=r"brought to the disk \(Input/output error\); check the disk"):
            archive.flush()


def test_there_is_no_archive_unless_one_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"There is no archive at .*; a first `adrs run` makes one"):
        Archive.open(tmp_path / "runs", create=False)
    assert not (tmp_path / "runs").exists()


def test_an_archive_of_a_newer_adrs_is_refused_and_not_touched(tmp_path: Path) -> None:
    Archive.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "archive.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9.2.0'")
    with pytest.raises(
        ArchiveError, match=r"newer adrs \(its tables are of v9\.2\.0; adrs 0\.\d.*upgrade adrs"
    ):
        Archive.open(tmp_path)
    with sqlite3.connect(tmp_path / "archive.sqlite") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("v9.2.0",)]


def test_another_database_is_not_taken_for_an_archive(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "archive.sqlite") as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    with pytest.raises(ArchiveError, match="is a database, but not an archive of adrs"):
        Archive.open(tmp_path)


def test_a_damaged_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "archive.sqlite"
    file.write_bytes(b"this is a text file, not a database\n" * 40)
    with pytest.raises(ArchiveError, match="is not an SQLite file; move it away") as caught:
        Archive.open(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_damaged_inside_is_said_in_a_sentence(tmp_path: Path) -> None:
    with Archive.open(tmp_path) as archive:
        archive.create_run(records.run_record(), records.INITIAL)
        for number in range(40):
            archive.record(records.ended(number))
    file = tmp_path / "archive.sqlite"
    damaged = bytearray(file.read_bytes())
    damaged[4096 * 3 :] = os.urandom(len(damaged) - 4096 * 3)
    file.write_bytes(damaged)
    with pytest.raises(ArchiveError, match="is damaged"), Archive.open(tmp_path) as archive:
        list(archive.trials(records.RUN))


@pytest.mark.parametrize("where", ["file/runs", "/proc/runs", "/dev/null/runs"])
def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    with pytest.raises(ArchiveError, match=r"The folder .* cannot be made \(.*\); name another with --runs"):
        Archive.open(where)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_folder_of_another_user_is_said_in_a_sentence(tmp_path: Path) -> None:
    code = """
        import os, sys
        from adrs.archive.store import Archive
        from adrs.errors import ArchiveError
        import alembic.config, alembic.command, adrs.archive.migrate
        folder = sys.argv[1]
        os.chdir(folder)
        os.setuid(65534)
        try:
            Archive.open(".")
        except ArchiveError as error:
            print(error)
    """
    tmp_path.chmod(0o755)
    for made in (False, True):
        if made:
            Archive.open(tmp_path).close()
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "cannot be" in ran.stdout, ran
        assert ran.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("mysql://host/db", "not mysql://"),
        ("postgresql://host:port/db", "URL cannot be read"),
        ("://", "URL cannot be read"),
    ],
)
def test_a_bad_url_is_said_in_a_sentence(where: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        Archive.open(where)


def test_a_server_that_does_not_answer_is_said_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArchiveError, match=r"postgresql\+psycopg://me:\*\*\*@127") as caught:
        Archive.open("postgresql://me:hunter2@127.0.0.1:1/adrs")
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_processes_that_make_one_archive_at_once_share_one_secret(tmp_path: Path) -> None:
    code = """if True:
        import sys
        from adrs.archive.store import Archive
        print(Archive.open(sys.argv[1])._secret.hex())
    """
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    secrets = {process.communicate(timeout=60)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(secrets) == 1


def test_threads_that_make_archives_at_once_each_get_one(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def made(number: int) -> list[str]:
        together.wait(30)
        with Archive.open(tmp_path / str(number)) as archive:
            keep_an_answer(archive)
            return [run.id for run in archive.runs()]

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(made, range(6))) == [[records.RUN]] * 6


def unlike_the_code(archive: Archive) -> list[object]:
    """In what the tables of an archive differ from those that the code uses."""
    with archive._transaction() as session:
        context = MigrationContext.configure(session.connection, opts={"compare_type": True})
        return list(compare_metadata(context, schema.metadata))


def test_the_migrations_make_the_tables_that_the_code_uses(place: str) -> None:
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [schema.HEAD]
    with Archive.open(place) as archive:
        assert unlike_the_code(archive) == []


def test_an_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: object, revision: str = "head") -> None:
        upgrade(connection, revision)
        raise ArchiveError("torn")

    upgrade = migrate.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "upgrade", fail)
        with pytest.raises(ArchiveError, match="torn"):
            Archive.open(tmp_path)
    engine = create_engine(f"sqlite:///{tmp_path / 'archive.sqlite'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
    engine.dispose()
    Archive.open(tmp_path).close()


def keep_run_as_then(archive: Archive) -> None:
    """Keep a run in the columns that the first revision had."""
    run = records.run_record()
    with archive._transaction(write=True) as then:
        program = then.add_program(records.INITIAL)
        then.connection.execute(
            text(
                "INSERT INTO runs (ulid, problem_id, problem_version, problem_digest, evaluator_digest, "
                "config, seed, state, initial, stop_reason, adrs_version, created_us, ended_us, seconds) "
                "VALUES (:id, :problem_id, 1, :problem_digest, :evaluator_digest, '{}', '7', 'running', "
                ":program, '', '0.1.0', :created_us, 0, 0)"
            ),
            {**vars(run), "program": program},
        )
        then.connection.execute(text("INSERT INTO spent SELECT id, 0, 0, 0, 0, 0 FROM runs"))


def test_an_archive_of_the_first_revision_keeps_its_calls_and_proposals(place: str) -> None:
    url, folder = engine.locate(place, create=True)
    database = engine.connect(url)
    with database.connect() as connection, connection.begin():
        migrate.upgrade(connection, "v0.1.0")
        engine._write_meta(connection)
    first = Archive(database, folder)
    keep_run_as_then(first)
    packed = first._objects.pack_text("asked then")
    with database.connect() as connection, connection.begin():
        connection.execute(
            text(
                "INSERT INTO model_calls (run, number, attempt, role, model, request, answer, input_tokens, "
                "output_tokens, usage, started_us, ended_us, parsing) "
                "SELECT id, 1, 0, 'propose', 'm', :packed, :packed, 1, 1, '{}', 1, 2, 2 FROM runs"
            ),
            {"packed": packed},
        )
        connection.execute(
            text(
                "INSERT INTO proposals (run, number, attempt, edit, summary, reason, normal_form, behaviour, "
                "at_us) SELECT id, 1, 0, '', '', 'no_code: none', 'form', 'acts', 1 FROM runs"
            )
        )
    first.close()
    with Archive.open(place) as archive:
        (proposal,) = archive.proposals(records.RUN)
        assert (proposal.reason, proposal.normal_form) == ("no_code: none", "form")
        archive.record_call(records.RUN, 1, 1, records.model_call(1))
        asked = [call.request for call in archive.calls(records.RUN, 1)]
        assert asked == ["asked then", records.model_call(1).request]


@pytest.mark.parametrize(
    "ahead",
    [
        ["ALTER TABLE model_calls ADD COLUMN base INTEGER"],
        [
            "ALTER TABLE model_calls ADD COLUMN base INTEGER",
            "DROP INDEX ix_proposals_run_behaviour",
            "DROP INDEX ix_proposals_run_normal_form",
            "ALTER TABLE proposals DROP COLUMN behaviour",
        ],
    ],
    ids=["some", "all"],
)
def test_an_archive_that_was_ahead_of_its_revision_is_brought_up_to_date(
    place: str, ahead: list[str]
) -> None:
    url, folder = engine.locate(place, create=True)
    database = engine.connect(url)
    with database.connect() as connection, connection.begin():
        migrate.upgrade(connection, "v0.1.0")
        engine._write_meta(connection)
        for statement in ahead:
            connection.execute(text(statement))
    Archive(database, folder).close()
    with Archive.open(place) as archive:
        keep_an_answer(archive)
        assert [call.request for call in archive.calls(records.RUN, 0)] == [records.model_call(0).request]
        assert unlike_the_code(archive) == []


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "v0.2.0"
down_revision = "v0.1.2"


def upgrade():
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="none"))
"""


def test_an_older_archive_is_brought_up_to_date_with_all_that_it_holds(
    archive: Archive, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.record(records.ended(0))
    before = archive.trial(records.RUN, 0)
    secret = archive._secret
    archive.close()
    shutil.copytree(migrate.SCRIPTS, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "v0_2_0.py").write_text(LATER)
    monkeypatch.setattr(migrate, "SCRIPTS", tmp_path / "migrations")
    monkeypatch.setattr(schema, "HEAD", "v0.2.0")
    with Archive.open(place) as later, later._transaction() as session:
        assert session.connection.exec_driver_sql("SELECT note FROM runs").scalar() == "none"
        assert later._secret == secret
    with Archive.open(place) as later:
        assert later.trial(records.RUN, 0) == before
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match="written by a newer adrs"):
        Archive.open(place)
