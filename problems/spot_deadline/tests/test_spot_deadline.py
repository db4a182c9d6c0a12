"""The one-zone variant: same evaluator, other workloads."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean as mean

import pytest

from problems.driver import Driver

driver = Driver(Path(__file__).resolve().parents[1], own_randomness=True)


@pytest.fixture(scope="module")
def spot():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(spot):
    return driver.draw(spot, 200)


@pytest.mark.parametrize("split", ["train", "shift"])
def test_there_is_one_zone_and_nothing_to_move(spot, split):
    for workload in driver.draw(spot, 60, split=split):
        job = workload.data.job
        assert workload.data.market.zones == 1
        assert (job.move_ticks, job.transfer_usd) == (((0,),), ((0.0,),))


def test_train_has_the_published_deadlines(train):
    hours = {round(w.data.job.deadline_ticks * w.data.market.tick_h) for w in train}

    assert hours == {52, 70}
    assert {w.data.job.work_ticks * w.data.market.tick_h for w in train} == {48.0}


def test_uniform_progress_beats_greedy_and_switching_changes_nothing(spot, train):
    def cost(name):
        return driver.values(driver.score(spot, train, driver.file(f"baselines/{name}.py")), spot)

    uniform, greedy, on_demand = cost("uniform_progress"), cost("greedy"), cost("on_demand")

    assert mean(uniform) < mean(greedy) < mean(on_demand)
    assert cost("uniform_progress_switching") == uniform
    assert cost("greedy_switching") == greedy
    for workload, *three in zip(train, uniform, greedy, on_demand, strict=True):
        least, most = spot.bound(workload)["cost_usd"], spot.worst(workload)["cost_usd"]
        assert all(least - 1e-9 <= usd <= most for usd in three)


def test_availability_of_train_is_that_of_the_pools(train):
    rows = [up for workload in train for (up,) in workload.data.market.available]

    assert sum(rows) / len(rows) == pytest.approx(
        (0.549 + 0.253 + 0.586 + 0.685 + 0.333 + 0.593) / 6, abs=0.06
    )


def test_single_region_logs_are_read_with_their_polarity(spot, tmp_path):
    trace = {"metadata": {"gap_seconds": 600, "polarity": "zero_available"}, "data": [0, 1] * 600}
    (tmp_path / "us-west-2a.json").write_text(json.dumps(trace))
    workloads = list(spot.recorded(tmp_path))

    assert workloads[0].data.market.available[:2] == ((True,), (False,))
    assert workloads[0].data.market.tick_s == 600
