"""A run that is killed at any moment loses no recorded trial and evaluates none twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adrs.archive.store import Archive
from adrs.model.run import RunState
from adrs.model.trial import TrialState

DRIVER = Path(__file__).with_name("driver.py")
KILLS = int(os.environ.get("ADRS_TEST_KILLS", "20"))
"""How often the run is killed; 200 shows it at length."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 8 * KILLS)]


def start(runs, log, *words):
    return subprocess.Popen(
        [sys.executable, str(DRIVER), str(runs), str(log), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(runs):
    """What is recorded: trial number -> (program, place among the tells)."""
    with Archive.open(runs) as archive:
        if not archive.runs(limit=1):
            return {}
        run = archive.run("last")
        return {
            trial.number: (trial.candidate and trial.program.digest, trial.told)
            for trial in archive.trials(run.id, told_order=True)
        }


def test_kill_at_random_moments(tmp_path):
    """The budget is never reached while the run is killed; at the end it is set to 20 trials more."""
    chance = random.Random(20261121)
    runs, log = tmp_path / "runs", tmp_path / "evaluations"
    words = ("problem=flow_shop", "workers=2", "in_flight=4", "confirm=false", "budget.trials=1000000")
    recorded = {}
    kills = 0
    while kills < KILLS:
        process = start(runs, log, "go", *words)
        if chance.random() < 0.75:
            _wait_for_work(process, log)
        time.sleep(1.2 * chance.random())
        assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate()
        kills += 1
        now = told(runs)
        assert recorded.items() <= now.items()
        _assert_not_evaluated_again(recorded, log.read_text().split() if log.exists() else ())
        recorded = now
        log.write_text("")
    assert len(recorded) > KILLS / 4
    trials = len(recorded) + 20
    process = start(runs, log, "end", str(trials))
    _, errors = process.communicate(timeout=30 + 3 * trials)

    assert process.returncode == 0, errors
    final = told(runs)
    assert recorded.items() <= final.items()
    _assert_not_evaluated_again(recorded, log.read_text().split())
    assert sorted(final) == list(range(trials + 1))
    assert sorted(place for _, place in final.values()) == list(range(trials + 1))
    with Archive.open(runs, create=False) as archive:
        run = archive.run("last")
        assert run.state is RunState.FINISHED
        assert not list(archive.trials(run.id, states=(TrialState.RUNNING,)))


def _wait_for_work(process, log):
    """Wait until a sixth evaluation began, so that one has ended: a start takes long on a busy machine."""
    deadline = time.monotonic() + 60
    while not (log.exists() and log.read_text().count("\n") > 5):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _assert_not_evaluated_again(recorded, evaluated):
    again = {program for program, _ in recorded.values()} & set(evaluated)
    assert not again


def test_a_killed_run_leaves_no_process(tmp_path):
    process = start(
        tmp_path / "runs", tmp_path / "log", "go", "problem=flow_shop", "workers=2", "budget.seconds=60"
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "log").exists() or len((tmp_path / "log").read_text()) < 500:
        assert time.monotonic() < deadline, process.poll()
        time.sleep(0.05)
    family = _descendants(process.pid)
    assert len(family) >= 4

    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 10
    while (left := [pid for pid in family if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert left == []


def _descendants(pid):
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def _alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
