import asyncio
import json

import pytest

from adrs.archive.store import Archive
from adrs.evaluation.source import RunReport
from adrs.model.evaluation import WorkloadResult
from adrs.plugins.problems import find_problem
from adrs.verify import facts
from adrs.verify.checks import check_problem
from adrs.verify.kept import keep, kept


def run(values):
    rows = [WorkloadResult(at, "", {"makespan_s": value}) for at, value in enumerate(values)]
    return RunReport(tuple(rows), "", 0.0, 0.0)


def test_a_check_keeps_the_numbers_behind_its_lines(sandbox, tmp_path):
    problem = find_problem("flow_shop")
    verdict = asyncio.run(check_problem(problem, sandbox, workers=2, quick=True))

    with Archive.open(tmp_path) as archive:
        assert kept(archive, problem.digest) is None
        keep(archive, verdict)
        found = kept(archive, problem.digest)

    assert found.sound
    assert found.quick
    assert found.sandbox == sandbox.name
    assert found.at_us > 0
    assert found.facts == verdict.facts
    headroom = found.headroom(problem)
    name, value = headroom.best_baseline(problem.primary)
    assert name == "Johnson's rule"
    # Johnson's rule is optimal on two machines.
    assert value == pytest.approx(headroom.bound)
    assert headroom.percent(problem.primary) == pytest.approx(0, abs=1e-9)
    assert headroom.initial > value
    assert found.facts.train_s > 0
    assert found.facts.stage_s > 0
    assert found.facts.noise == {"makespan_s": 0.0}
    assert found.facts.noise_percent == 0.0


def test_what_an_older_adrs_kept_is_read(tmp_path):
    problem = find_problem("flow_shop")
    said = {"sound": False, "quick": True, "failed": ["worst: failing would be better"]}

    with Archive.open(tmp_path) as archive:
        archive.keep_check(problem.digest, json.dumps(said).encode())
        found = kept(archive, problem.digest)

    assert not found.sound
    assert found.failed == ("worst: failing would be better",)
    assert found.facts is found.headroom(problem) is None


def test_an_evaluator_that_breaks_leaves_no_numbers(with_evaluator, sandbox, tmp_path):
    problem = with_evaluator("RaisesOnEverything")
    verdict = asyncio.run(check_problem(problem, sandbox, workers=1, quick=True))

    with Archive.open(tmp_path) as archive:
        keep(archive, verdict)
        found = kept(archive, problem.digest)

    assert not found.sound
    assert found.facts is None


def test_noise_is_what_a_repeat_moves_and_hides():
    problem = find_problem("flow_shop")
    first, again = [100.0, 110.0, 90.0, 100.0], [101.0, 109.0, 92.0, 98.0]

    moves, hidden = facts.noise(problem, run(first), run(again))

    assert moves == {"makespan_s": 2.0}
    # differences 1, -1, 2, -2: a standard deviation of 1.83; (4.03 + 0.98) standard errors of 1.83 / sqrt(60)
    assert hidden == pytest.approx(1.21, abs=0.05)
    assert facts.noise(problem, run(first), run(first)) == ({"makespan_s": 0.0}, 0.0)
