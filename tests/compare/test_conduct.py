"""A whole comparison, small: what is run, what is measured side by side, and what a second call does."""

import json

import pytest
from click.testing import CliRunner

from adrs.archive.store import Archive
from adrs.cli.main import cli
from adrs.compare.conduct import common_draw, recorded
from adrs.model.evaluation import Split
from adrs.model.run import RunState
from adrs.plugins.digest import search_digest
from adrs.plugins.problems import find_problem
from adrs.run.config import resolve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

ARMS = {"hill_climb", "best_of_n", "tuned initial", "tuned baseline"}


def compare(tmp_path, *words):
    fixed = ["--strategies", "hill_climb", "--trials", "4", "--workers", "1"]
    where = ["--runs", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]
    return CliRunner().invoke(cli, ["compare", "flow_shop", *fixed, *where, *words], standalone_mode=False)


def test_every_arm_runs_is_measured_on_one_draw_and_is_not_run_again(tmp_path):
    first = compare(tmp_path, "--seeds", "1", "--json")
    assert first.exception is None, first.output
    found = json.loads(first.stdout)
    assert {outcome["arm"] for outcome in found["outcomes"]} == ARMS
    assert all(len(outcome["curve"]) == 5 for outcome in found["outcomes"])
    by_arm = {outcome["arm"]: outcome for outcome in found["outcomes"]}
    assert by_arm["tuned initial"]["train"] == 0, "the initial program has no constants"
    assert by_arm["tuned baseline"]["train"] == pytest.approx(1)
    assert by_arm["tuned baseline"]["confirm"] == pytest.approx(1, abs=0.3)
    assert found["primary"]["verdict"].startswith("none: a verdict needs 10 seeds")

    with Archive.open(tmp_path / "runs") as archive:
        problem = find_problem("flow_shop")
        runs = archive.runs()
        assert len(runs) == 4
        assert all(run.state is RunState.FINISHED for run in runs)
        drawn = common_draw(archive, problem, runs)
        assert {len(found) for found in drawn.values()} <= {2, 3}
        openings = {e.opening for found in drawn.values() for e in found.values()}
        assert len(openings) == 1
        counted = archive.openings("flow_shop", Split.VALIDATION)

    second = compare(tmp_path, "--seeds", "1")
    assert second.output.count("done before") == 4
    assert "Verdict: none" in second.output
    with Archive.open(tmp_path / "runs") as archive:
        assert len(archive.runs()) == 4
        assert archive.openings("flow_shop", Split.VALIDATION) == counted


def test_what_other_code_searched_is_run_again_and_that_is_said(tmp_path, monkeypatch):
    compare(tmp_path, "--seeds", "1")
    for module in ("adrs.compare.reuse", "adrs.run.session"):
        monkeypatch.setattr(f"{module}.search_digest", lambda strategy, proposer: "edited")
    again = compare(tmp_path, "--seeds", "1")
    assert again.output.count("run before by other code of the search, so it is run again") == 4
    assert "done before" not in again.output
    with Archive.open(tmp_path / "runs") as archive:
        assert len(archive.runs()) == 8
    assert compare(tmp_path, "--seeds", "1").output.count("done before") == 4


def test_a_report_of_what_is_there_runs_nothing(tmp_path):
    found = compare(tmp_path, "--seeds", "1", "--report-only", "--json")
    assert json.loads(found.stdout)["outcomes"] == []
    assert json.loads(found.stdout)["stopped"] == "only what is there was read"
    with Archive.open(tmp_path / "runs") as archive:
        assert archive.runs() == []


def test_a_run_counts_where_it_did_what_is_asked_for(tmp_path):
    problem = find_problem("flow_shop")
    config = resolve({"problem": "flow_shop", "budget": {"trials": 4}, "workers": 3})

    searched_by = search_digest(config.strategy.name, config.proposer.name)

    class Record:
        def __init__(self, state, digest=problem.digest, search=searched_by, seed=config.seed, **changes):
            self.state, self.problem_digest, self.search_digest, self.seed = state, digest, search, seed
            self.config = config.model_dump(mode="json") | {"seed": seed} | changes

    other = Record(RunState.FINISHED, seed=1)
    unknown = Record(RunState.FINISHED, search="")
    old = Record(RunState.FINISHED, digest="another version")
    broken = Record(RunState.FINISHED, no_such_key=1)
    paused = Record(RunState.PAUSED, workers=1)
    done = Record(RunState.FINISHED, in_flight=7)
    assert recorded([other, unknown, old, broken, paused, done], problem, config) is done
    assert recorded([other, unknown, old, broken, paused], problem, config) is paused
    assert recorded([other, unknown, old, broken], problem, config) is None
