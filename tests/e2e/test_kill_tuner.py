"""A run with the tuner on that is killed and resumed ends as one that was never stopped.

The two runs have an archive each, with the same secret, so that they meet the same workloads. With one trial
in flight everything that the search did is equal: trials, proposals, the order of the tells, what the
strategy made of each. What may differ is who challenged when: a challenge runs beside the search, and the
best of those who appear meanwhile is the next, so that it depends on the speed of the machine, killed or not.
With several in flight, trials end in another order; then what is recorded replays to what was asked.
"""

import asyncio
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.model.trial import TrialState
from adrs.plugins.problems import find_problem
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.resume import replay
from adrs.run.stopping import StopRule
from adrs.run.strategies import build_strategy
from adrs.run.streams import Purpose, stream

HERE = Path(__file__).parent
KILLS = 4
TRIALS = 40
CONSTANTS = """\
def solve(given, rng):
    return int(0.007 * given.target * given.target + 31.5)
"""
"""What is told is ten times the root of the target, so that a good program keeps a constant."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def words(tmp_path):
    """A run of a problem whose initial program has constants: the tuner gets half of the trials."""
    problem = shutil.copytree(HERE.parent / "evaluation" / "tiny", tmp_path / "tiny")
    (problem / "initial" / "solve.py").write_text(CONSTANTS)
    evaluator = problem / "evaluate.py"
    told = evaluator.read_text().replace("(workload.data,)", "(int(10 * workload.data**0.5),)")
    evaluator.write_text(told)
    return (
        f"problem={problem}",
        "workers=1",
        "confirm=false",
        "seed=5",
        "tune=0.5",
        "strategy.name=hill_climb",
        f"budget.trials={TRIALS}",
    )


def go(runs, *words):
    """Run to the end in this process."""
    with Archive.open(runs) as archive:
        work = session.start(resolve({}, words), archive, notify=lambda *_: None, stop=StopRule(Budget()))
        asyncio.run(work)


def go_killed(runs, *words):
    """Run to the end, killed and resumed again and again; return how many trials each kill found told."""
    chance = random.Random(20261121)
    told = []
    for turn in range(KILLS + 1):
        process = subprocess.Popen(
            [sys.executable, str(HERE / "driver.py"), str(runs), str(runs / "log"), "go", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if turn < KILLS:
            told.append(_kill(process, runs, when_told=(turn + 1) * TRIALS // (KILLS + 2), chance=chance))
        else:
            _, errors = process.communicate(timeout=200)
            assert process.returncode == 0, errors
    return told


def _kill(process, runs, *, when_told, chance):
    """Kill a process some moments after so many trials were told; return how many there are then."""
    deadline = time.monotonic() + 60
    while _told(runs) < when_told:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.05 * chance.random())
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    return _told(runs)


def _told(runs):
    with Archive.open(runs, create=False) as archive:
        begun = archive.runs(limit=1)
        return archive.usage(begun[0].id).trials if begun else 0


def record(runs):
    """Return all that the search left, without times."""
    with Archive.open(runs, create=False) as archive:
        run = archive.run("last")
        trials = [
            (
                trial.number,
                trial.told,
                trial.state,
                trial.status,
                trial.selection,
                trial.asked_after,
                trial.attempt,
                trial.reason,
                trial.candidate,
                trial.evaluation and (trial.evaluation.results, trial.evaluation.behaviour),
            )
            for trial in archive.trials(run.id, told_order=True)
        ]
        proposals = [
            (p.number, p.attempt, p.program, p.edit, p.summary, p.reason, p.normal_form)
            for p in archive.proposals(run.id)
        ]
        strategy = build_strategy(resolve(run.config), find_problem(run.config["problem"]), run.initial)
        for _ in replay(archive, run.id, strategy):
            pass
        return trials, proposals, strategy.health()


def test_a_killed_run_ends_with_the_record_of_one_that_was_never_stopped(tmp_path, words):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    Archive.open(whole).close()
    shutil.copytree(whole, killed)

    go(whole, *words, "in_flight=1")
    told = go_killed(killed, *words, "in_flight=1")
    expected, found = record(whole), record(killed)

    assert told[-1] < TRIALS  # every kill was in the middle
    assert len(set(told)) == KILLS
    trials, proposals, health = expected
    assert health["tuned"] > TRIALS / 4
    assert sum(trial[8] is not None and trial[8].edit == "tuner" for trial in trials) > TRIALS / 4
    assert sum(trial[8] is not None and trial[8].edit != "tuner" for trial in trials) > TRIALS / 4
    assert found[0] == trials
    assert found[1] == proposals
    assert found[2] == health


def test_with_four_in_flight_what_a_killed_run_recorded_replays_to_what_it_asked(tmp_path, words):
    runs = tmp_path / "runs"
    Archive.open(runs).close()
    go_killed(runs, *words, "in_flight=4")

    with Archive.open(runs, create=False) as archive:
        run = archive.run("last")
        strategy = build_strategy(resolve(run.config), find_problem(run.config["problem"]), run.initial)
        by_place = {}
        for trial in archive.trials(run.id):
            by_place.setdefault(trial.asked_after, []).append(trial)
        asked, pending = {}, {}
        for place, told in enumerate(replay(archive, run.id, strategy)):
            pending.pop(told.number, None)
            for trial in by_place.get(place, ()):
                if trial.number > 0:
                    rng = stream(run.seed, trial.number, 0, Purpose.ASK)
                    asked[trial.number] = strategy.ask(trial.number, rng, tuple(pending.values()))
                    pending[trial.number] = trial.selection
        kept = {trial.number: trial.selection for trial in archive.trials(run.id) if trial.number > 0}
        states = {trial.state for trial in archive.trials(run.id)}

    assert sorted(asked) == list(range(1, TRIALS + 1))
    assert asked == kept
    assert TrialState.RUNNING not in states
    assert sum(selection.target.get("edit") == "tuner" for selection in asked.values()) > TRIALS / 4
