import json

import pytest

from adrs.archive.store import Archive
from adrs.model.evaluation import Evaluation, Split, WorkloadResult
from adrs.model.records import Purpose
from adrs.model.run import RunRecord, RunState
from adrs.plugins.problems import baseline_program, find_problem, initial_program
from adrs.stats.paired import Verdict
from adrs.verify.best import best_verified
from adrs.verify.sealed import ARTIFACT, INITIAL

RUN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
BASE = [100.0 + 3 * (place % 7) for place in range(30)]


@pytest.fixture
def problem():
    return find_problem("flow_shop")


@pytest.fixture
def archive(tmp_path, problem):
    with Archive.open(tmp_path) as opened:
        initial = initial_program(problem)
        run = RunRecord(
            RUN, problem.id, 1, problem.digest, {}, 0, RunState.RUNNING, initial.digest, created_us=1
        )
        opened.create_run(run, initial)
        yield opened


@pytest.fixture
def verified(archive, problem):
    """Record a verification in which a program takes `gain` less than the better of two baselines."""

    def record(mark, opening, gain, impossible=()):
        initial = initial_program(problem)
        program = initial.replace("solver.py", initial.text("solver.py") + f"# {mark}\n")
        names = {program.digest[:12]: (program, 0.0), INITIAL: (initial, -50.0)}
        for at, baseline in enumerate(problem.spec.baseline):
            names[baseline.name] = (baseline_program(problem, baseline), -10.0 * at)
        for one, less in names.values():
            shift = gain if one is program else 0.0
            values = [value + opening - less - shift for value in BASE]
            archive.record_evaluation(RUN, one, on_test(values, opening), Purpose.TEST)
        said = {
            "program": program.digest,
            "contenders": {name: one.digest for name, (one, _) in names.items()},
            "openings": 1,
            "draws": [{"split": "test", "opening": opening, "impossible": list(impossible)}],
            "sandbox": "bubblewrap",
            "guarantees": [],
            "libraries": {},
        }
        archive.add_artifact(RUN, None, ARTIFACT, json.dumps(said).encode())
        return program.digest

    return record


def on_test(values, opening):
    results = tuple(WorkloadResult(at, "", {"makespan_s": value}) for at, value in enumerate(values))
    total = {"makespan_s": sum(values) / len(values)}
    return Evaluation(Split.TEST, opening, results, total, complete=True, isolated=True)


def test_the_best_gains_most_over_the_best_baseline_of_its_own_draw(archive, problem, verified):
    assert best_verified(archive, [problem]) == {}
    verified("a little", 900, 1.0)
    much = verified("much, on a harder draw", 1000, 2.0)

    found = best_verified(archive, [problem])[problem.id]

    assert found.program == much
    assert found.claim.reference == problem.spec.baseline[0].name
    assert found.claim.verdict is Verdict.BETTER
    assert found.claim.gain.estimate == pytest.approx(2.0)
    assert found.value == pytest.approx(sum(BASE) / len(BASE) + 998)
    assert found.run_id == RUN


def test_the_latest_verification_of_a_program_stands(archive, problem, verified):
    verified("lucky once", 1, 5.0)
    other = verified("steady", 2, 1.0)
    verified("lucky once", 3, -4.0)

    assert best_verified(archive, [problem])[problem.id].program == other


def test_what_is_in_quarantine_or_of_another_version_does_not_count(archive, problem, verified):
    beyond = {
        "program": "x",
        "split": "test",
        "index": 0,
        "objective": "makespan_s",
        "value": 1.0,
        "bound": 2.0,
    }
    verified("impossible", 1, 50.0, [beyond])

    assert best_verified(archive, [problem]) == {}
    verified("honest", 2, 1.0)
    assert set(best_verified(archive, [problem])) == {problem.id}
    assert best_verified(archive, [problem.model_copy(update={"digest": "0" * 64})]) == {}


def test_a_verification_that_lacks_an_evaluation_says_nothing(archive, problem, verified):
    program = verified("whole", 1, 1.0)
    said = {"program": program, "contenders": {"gone": "0" * 64}, "openings": 1}
    said["draws"] = [{"split": "test", "opening": 9, "impossible": []}]
    archive.add_artifact(RUN, None, ARTIFACT, json.dumps(said).encode())

    assert best_verified(archive, [problem]) == {}
