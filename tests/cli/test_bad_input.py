"""Every bad input ends in one sentence and exit code 2; nothing is lost and no run is left behind."""

import os
import shutil
import sqlite3

import pytest

from adrs import bundle
from adrs.archive.store import Archive


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def refused(result, *words):
    code = result.exit_code if hasattr(result, "exit_code") else result.returncode
    assert code == 2, (code, result.stdout, result.stderr)
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "flow_shap"], ["'flow_shap'", "Did you mean 'flow_shop'?"]),
        (["run", "./nowhere"], ["There is no folder ./nowhere"]),
        (["eval", "flow_shap", "initial"], ["Did you mean 'flow_shop'?"]),
        (["run", "flow_shop", "--set", "workrs=2"], ["'workrs'", "Did you mean 'workers'?"]),
        (["run", "flow_shop", "--set", "workers"], ["key=value"]),
        (["run", "flow_shop", "--set", "workers=many"], ["workers", "'many'"]),
        (["run", "flow_shop", "--set", "strategy.options.islnds=3"], ["islnds"]),
        (["run", "flow_shop", "--set", "strategy.nme=3"], ["nme"]),
        (["run", "flow_shop", "--strategy", "map_elite"], ["Did you mean 'map_elites'?"]),
        (["run", "flow_shop", "--set", "proposer.name=sintax"], ["Did you mean 'syntax'?"]),
        (["run", "flow_shop", "--sandbox", "bubblewarp"], ["Did you mean 'bubblewrap'?"]),
        (["run", "flow_shop", "--budget", "much"], ["'much'", "'$5'"]),
        (["run", "flow_shop", "--budget", "5", "--trials", "6"], ["give each once"]),
        (["run", "flow_shop", "--trials", "0"], ["trials"]),
        (["run", "flow_shop", "--workers", "0"], ["workers"]),
        (["run", "flow_shop", "--model", "gpt-5-mini"], ["OPENAI_API_KEY"]),
        (["eval", "flow_shop", "nowhere.py"], ["There is no file 'nowhere.py'"]),
        (["eval", "flow_shop", "baseline:Jonson's rule"], ['Did you mean "Johnson\'s rule"?']),
        (["eval", "spot_deadline", "initial", "--data", "nowhere.json"], ["'nowhere.json'"]),
        (["show", "last"], ["There is no archive"]),
        (["resume", "last"], ["There is no archive"]),
    ],
)
def test_bad_words(invoke, runs, words, expected):
    refused(invoke(*words), *expected)
    if runs.exists():
        with Archive.open(runs) as archive:
            assert archive.runs() == []


def test_dollars_that_cannot_be_counted(invoke, runs, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    refused(invoke("run", "flow_shop", "--model", "nobody-knows", "--budget", "$5"), "price", "nobody-knows")
    with Archive.open(runs) as archive:
        assert archive.runs() == []


@pytest.mark.parametrize("text", ["not json", "[1, 2", '{"metadata": 3}', "\x00\x01\x02"])
def test_a_trace_that_cannot_be_read(adrs, tmp_path, text):
    trace = tmp_path / "trace.json"
    trace.write_text(text)

    refused(adrs("eval", "spot_deadline", "initial", "--data", trace), "trace.json")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[problem]", "[problem", ["problem.toml", "line"]),
        ("[problem]", "[problem]\ncolour = 3", ["'colour'"]),
        ('direction = "minimize"', 'direction = "down"', ["'down'"]),
        ('entry = "', 'entry = "nowhere/', ["nowhere"]),
    ],
)
def test_a_broken_problem(invoke, tmp_path, old, new, expected):
    folder = tmp_path / "mine"
    shutil.copytree(bundle.root() / "problems" / "flow_shop", folder)
    file = folder / "problem.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))

    refused(invoke("run", folder), *expected)


def test_runs_that_cannot_be_written(adrs, tmp_path):
    file = tmp_path / "file"
    file.write_text("")

    refused(adrs("run", "flow_shop", "--runs", file / "runs"), "--runs")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_runs_without_the_right_to_write(adrs, tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)

    refused(adrs("run", "flow_shop", "--runs", folder / "runs"), "locked")


@pytest.mark.parametrize(
    "words", [["show", "last"], ["runs"], ["run", "flow_shop"], ["eval", "flow_shop", "initial"]]
)
def test_an_archive_of_a_newer_version_is_left_alone(invoke, recorded, words):
    file = recorded.where / "archive.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("update alembic_version set version_num = 'v99.0.0'")
    database.close()

    refused(invoke(*words), "newer")

    with sqlite3.connect(file) as database:
        [version] = database.execute("select version_num from alembic_version").fetchone()
        [count] = database.execute("select count(*) from trials").fetchone()
    database.close()
    assert (version, count) == ("v99.0.0", 4)


def test_what_is_no_archive_at_all(invoke, runs):
    runs.mkdir()
    (runs / "archive.sqlite").write_text("this is no database at all, whatever its name may say")

    refused(invoke("runs"), "archive.sqlite")
