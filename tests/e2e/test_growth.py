"""Train grows where the search has fitted it; such a run is resumed and replayed as any other."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.model.budget import Budget
from adrs.model.evaluation import Split
from adrs.model.records import Purpose
from adrs.plugins.problems import find_problem
from adrs.run import session
from adrs.run.cassette import Cassette
from adrs.run.config import resolve
from adrs.run.gap import challenges
from adrs.run.growth import epochs, growths
from adrs.run.health import run_health
from adrs.run.steering import Intervention
from adrs.run.stopping import StopRule
from evaluators.contract import workload_rng

FOLDER = Path(__file__).parents[1] / "problems_kit" / "coin_flips"
DRIVER = Path(__file__).with_name("growth_driver.py")
DECLARED = 12
"""Workloads of train that the problem declares."""
TRIALS = 40
WORDS = (
    f"problem={FOLDER}",
    "seed=1",
    "workers=1",
    "in_flight=1",
    "confirm=false",
    f"budget.trials={TRIALS}",
)
FITS = ("strategy.name=tuner", "proposer.name=tuner", "grow_train=true")
"""All six weights at once are fitted to the train workloads: none of the lead can hold elsewhere."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module", autouse=True)
def _same_draws_every_time():
    """The archive's secret decides the workloads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adrs.archive.engine.secrets.token_bytes", lambda size: b"\x0e" * size)
        yield


def evolve(archive, *words, lines=None):
    notify = (lambda *_: None) if lines is None else (lambda _, line: lines.append(line) if line else None)
    work = session.start(resolve({}, words), archive, notify=notify, stop=StopRule(Budget()))
    return asyncio.run(work).run


def memory(archive):
    """Return a program that knows every coin of train by its serial number, and nothing of others."""
    key = archive.key(find_problem(str(FOLDER)), Split.TRAIN, 0)
    known = {}
    for index in range(DECLARED):
        rng = workload_rng(key, index)
        _, coin, serial = rng.randrange(6), rng.randrange(2), rng.random()
        known[serial] = float(coin)
    return f"KNOWN = {known!r}\n\n\ndef solve(given, rng):\n    return KNOWN.get(given.serial, 0.5)\n"


def as_recorded(archive, run):
    """Everything that a run decided and measured, in its order, without times and its name."""
    trials = [
        (
            trial.number,
            trial.state,
            trial.selection,
            (trial.asked_after, trial.told, trial.attempt, trial.status),
            trial.candidate and trial.program.digest,
            trial.evaluation and trial.evaluation.results,
            trial.reason,
        )
        for trial in archive.trials(run.id, told_order=True)
    ]
    again = [
        (record.program, record.evaluation.results)
        for record in archive.evaluations(run_id=run.id, purpose=Purpose.GROWN)
    ]
    return trials, again, growths(archive, run.id)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A run that nothing interrupted, and what it said."""
    folder, lines = tmp_path_factory.mktemp("grown"), []
    with Archive.open(folder) as archive:
        run = evolve(archive, *WORDS, *FITS, lines=lines)
        yield archive, run, lines, folder


def test_train_grows_where_the_gap_opens_and_the_run_goes_on(grown):
    archive, run, lines, _ = grown
    objective = find_problem(str(FOLDER)).primary
    past = epochs(archive, run)

    assert [epoch.growth and epoch.growth.count for epoch in past[:3]] == [None, 18, 27]
    assert run.stop_reason == "trials"
    assert archive.usage(run.id).trials == TRIALS  # what is measured again takes none of them
    said = [line for line in lines if line.startswith("train grows")]
    assert said[0].startswith(f"train grows from 12 to 18 workloads before trial {past[1].since}:")
    assert len(said) == len(past) - 1
    for epoch in past[1:]:
        last = challenges(archive, objective, past, epoch.growth.opening - 1)[0]
        assert last.opened


def test_only_programs_on_the_same_workloads_are_compared(grown):
    archive, run, _, _ = grown
    past = epochs(archive, run)
    for epoch in past:
        size = DECLARED if epoch.growth is None else epoch.growth.count
        assert {len(trial.evaluation.results) for trial in epoch.trials() if trial.evaluation.complete} == {
            size
        }
    for epoch in past[1:]:
        assert next(iter(epoch.carried)) == run.initial
        assert len(epoch.carried) == 1 + len(epoch.growth.carried) <= 10
        for digest, trial in epoch.carried.items():
            smaller = archive.trial_of(run.id, digest).measured.results
            assert trial.measured.results[: len(smaller)] == smaller  # the same draw, and more of it


def test_a_new_epoch_begins_with_what_was_carried_over(grown):
    """The tuner's first trials of an epoch go by none of the points that were tried on fewer workloads."""
    archive, run, _, _ = grown
    for epoch in epochs(archive, run)[1:]:
        first = next(epoch.own())
        assert first.number == epoch.since
        assert first.selection.inspirations == ()
        assert {trial.selection.parent for trial in epoch.own()} == {run.initial}


def test_the_first_epoch_is_the_run_without_growth(grown, tmp_path):
    archive, run, _, _ = grown
    first = epochs(archive, run)[0]
    with Archive.open(tmp_path) as other:
        without = evolve(other, *WORDS, *FITS[:2])
        same, all_of_it = list(first.own()), list(other.trials(without.id, told_order=True))

        assert growths(other, without.id) == []
        assert not list(other.evaluations(run_id=without.id, purpose=Purpose.GROWN))
    assert [t.program.digest for t in same] == [t.program.digest for t in all_of_it[: first.until]]
    assert [t.measured.results for t in same] == [t.measured.results for t in all_of_it[: first.until]]
    assert {len(t.measured.results) for t in all_of_it} == {DECLARED}


def test_a_run_that_was_killed_gives_the_same_archive(grown, tmp_path):
    """Killed among the trials, before a growth is recorded, then, and while programs are measured again."""
    moments = ("trial:8", "due:1", "grown:1", "carried:1", "carried:4", "trial:3", "carried:5")
    archive, run, _, _ = grown
    Archive.open(tmp_path).close()  # with the secret of the test
    for moment in (*moments, ""):
        process = subprocess.run(
            [sys.executable, str(DRIVER), str(tmp_path), moment, *WORDS, *FITS],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert process.returncode == (-signal.SIGKILL if moment else 0), process.stderr
        for words in ([], ["--health"]):
            shown = CliRunner().invoke(cli, ["show", "last", *words, "--runs", str(tmp_path)])
            assert shown.exit_code == 0, shown.output
    with Archive.open(tmp_path, create=False) as other:
        again = other.run("last")

        assert as_recorded(other, again) == as_recorded(archive, run)
        assert (again.state, again.champion, again.stop_reason) == (run.state, run.champion, run.stop_reason)


def test_a_recorded_run_replays_with_its_growths(tmp_path, monkeypatch):
    cassette = tmp_path / "run.cassette"
    words = (*WORDS[:2], "workers=2", "in_flight=3", "confirm=false", "budget.trials=30", *FITS)
    with Archive.open(tmp_path / "recorded") as archive:
        config = resolve({}, (*words, f"record={cassette}"))
        remembers = Intervention("program", note="remembers train", files={"solve.py": memory(archive)})
        work = session.start(
            config, archive, notify=lambda *_: None, stop=StopRule(Budget()), injected=[remembers]
        )
        run = asyncio.run(work).run
        grew = growths(archive, run.id)
        assert grew[0].count == 18
        assert archive.trial(run.id, 1).program.digest in grew[0].carried
        config = {**Cassette.read(cassette).config, "problem": str(FOLDER), "replay": str(cassette)}
        # Another secret: what is validated is other workloads, which decide nothing of a replay's trials.
        monkeypatch.setattr("adrs.archive.engine.secrets.token_bytes", lambda size: b"\x08" * size)
        with Archive.open(tmp_path / "replayed") as other:
            work = session.start(resolve(config), other, notify=lambda *_: None, stop=StopRule(Budget()))
            again = asyncio.run(work).run
            theirs, ours = as_recorded(other, again), as_recorded(archive, run)

            assert theirs[:2] == ours[:2]
            assert [(one.before, one.count, one.carried) for one in theirs[2]] == [
                (one.before, one.count, one.carried) for one in ours[2]
            ]


def test_what_is_shown_says_when_train_grew(grown, monkeypatch):
    archive, run, _, folder = grown
    monkeypatch.setenv("COLUMNS", "110")
    past = epochs(archive, run)

    def show(*words):
        result = CliRunner().invoke(cli, ["show", *words, "--runs", str(folder)], prog_name="adrs")
        assert result.exit_code == 0, result.output
        return result.stdout

    since = f"12 workloads, 18 from trial {past[1].since} on, 27 from trial {past[2].since} on"
    assert since in " ".join(show(run.id).split())
    health = " ".join(show(run.id, "--health").split())
    assert since in health
    assert "Train grows for it" in health
    plain = json.loads(show(run.id, "--json"))
    assert plain["train"][:2] == [
        {"from_trial": 0, "workloads": 12},
        {"from_trial": past[1].since, "workloads": 18},
    ]
    last = past[-1]
    assert plain["results"][0]["train"]["workloads"] == last.growth.count
    shown = {trial["trial"] for trial in plain["best_trials"]}
    assert shown <= {trial.number for trial in last.trials()}
    assert "on a train set that grew" in show(next(iter(last.growth.carried))[:12])


def test_the_health_of_such_a_run_is_that_of_its_epochs(grown):
    archive, run, _, _ = grown
    problem = find_problem(str(FOLDER))
    health = run_health(archive, problem, run)
    past = epochs(archive, run)

    assert [count for _, count in health.train] == [epoch.workloads(problem) for epoch in past]
    assert health.strategy["told"] == len(list(past[-1].trials()))
    assert health.saved.of == sum(epoch.workloads(problem) * sum(1 for _ in epoch.own()) for epoch in past)
    assert health.tuned == TRIALS
