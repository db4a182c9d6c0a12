from __future__ import annotations

import json
from random import Random
from statistics import fmean as mean

import pytest
from spot_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid
from evaluators.schema import Refused, checker
from problems.driver import KEY

BASELINES = sorted((driver.folder / "baselines").glob("*.py"))
PROGRAMS = driver.programs()
OTHER_KEYS = [bytes([n] * 16) for n in range(3)]


@pytest.fixture(scope="module")
def spot():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(spot):
    return driver.draw(spot, 200)


@pytest.fixture(scope="module")
def scored(spot, train):
    return {path.stem: driver.score(spot, train, path) for path in PROGRAMS}


def test_every_program_finishes_every_job(scored):
    for results in scored.values():
        assert all(metrics is not None and metrics["finished"] == 1.0 for _, metrics, _ in results)


@pytest.mark.parametrize("key", OTHER_KEYS, ids=["key 0", "key 1", "key 2"])
def test_what_the_field_says_holds_here(spot, key):
    workloads = driver.draw(spot, 200, key=key)
    usd = {path.stem: mean(driver.values(driver.score(spot, workloads, path), spot)) for path in BASELINES}

    assert usd["uniform_progress_switching"] < usd["greedy_switching"] < usd["greedy"] < usd["on_demand"]
    assert usd["uniform_progress_switching"] < usd["uniform_progress"] < usd["greedy"]
    assert usd["uniform_progress"] < usd["time_sliced"]
    assert usd["uniform_progress"] < usd["randomised_shifted_greedy"] < usd["on_demand"]


def test_initial_program_is_greedy_with_switching(spot, scored):
    assert driver.values(scored["policy"], spot) == driver.values(scored["greedy_switching"], spot)


def test_no_program_passes_the_bound_or_is_worse_than_worst(spot, train, scored):
    for results in scored.values():
        for workload, metrics, _ in results:
            least, most = spot.bound(workload)["cost_usd"], spot.worst(workload)["cost_usd"]
            assert least - 1e-9 <= metrics["cost_usd"] <= most


def test_reference_lies_between_bound_and_best_baseline(spot, train, scored):
    some = train[:40]
    reference = mean([spot.reference(workload)["cost_usd"] for workload in some])
    bound = mean([spot.bound(workload)["cost_usd"] for workload in some])

    assert bound < reference < mean(driver.values(scored["uniform_progress_switching"][:40], spot))
    assert spot.reference(some[0])["cost_usd"] >= spot.bound(some[0])["cost_usd"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("first_available(obs)", "nearest_available(given, obs)"),
        ("slack_h(given, obs) <= 0.0", "slack_h(given, obs) <= 2.0"),
        ("slack_h(given, obs) <= 0.0", "ahead_h(given, obs) < 0.0"),
        ("slack_h(given, obs) <= 0.0", "required_rate(given, obs) > 0.9"),
    ],
)
def test_small_edits_of_the_initial_program_pay(spot, train, scored, tmp_path, old, new):
    text = (driver.folder / "initial" / "policy.py").read_text()
    edited = tmp_path / "policy.py"
    edited.write_text(text.replace(old, new))

    assert old in text
    assert (
        mean(driver.values(driver.score(spot, train, edited), spot))
        < mean(driver.values(scored["policy"], spot)) - 0.5
    )


def test_workloads_depend_on_key_split_and_index_only(spot):
    again = driver.evaluator()
    first = driver.draw(spot, 12)
    list(zip(again.workloads("shift", KEY), range(3), strict=False))

    for one, other in zip(first, driver.draw(again, 12), strict=True):
        assert (one.data.token, one.data.market, one.data.job, one.cell) == (
            other.data.token,
            other.data.market,
            other.data.job,
            other.cell,
        )
    assert driver.draw(spot, 1, key=OTHER_KEYS[0])[0].data.market != first[0].data.market
    assert driver.draw(spot, 1, split="test")[0].data.market != first[0].data.market


def test_any_stretch_of_workloads_is_near_to_the_whole(spot):
    cells = [workload.cell for workload in driver.draw(spot, 200)]

    for part in ("slack=0.08", "slack=0.25", "slack=0.46", "zones=2,regions=1", "zones=3"):
        whole = sum(part in cell for cell in cells) / 200
        for begin in range(0, 160, 40):
            assert sum(part in cell for cell in cells[begin : begin + 40]) / 40 == pytest.approx(
                whole, abs=0.08
            )
    assert len(set(cells[:8])) >= 6


def test_shift_is_nowhere_in_train(spot):
    cells = {workload.cell.split("slack=")[1] for workload in driver.draw(spot, 100)}

    assert not cells & {
        workload.cell.split("slack=")[1] for workload in driver.draw(spot, 100, split="shift")
    }


def test_given_tells_nothing_of_seed_split_or_future(spot, train):
    for workload in train[:20]:
        tick_h, work_h, deadline_h, on_demand, restart_h, regions, move_h, transfer = spot.given(workload)
        job = workload.data.job
        assert (tick_h, on_demand) == (0.2, 3.06)
        assert work_h == pytest.approx(job.work_ticks * 0.2)
        assert deadline_h == pytest.approx(job.deadline_ticks * 0.2)
        assert restart_h == pytest.approx(job.restart_ticks * 0.2)
        assert len(regions) == len(move_h) == len(transfer) == workload.data.market.zones


def test_market_after_now_changes_nothing_before(spot, train):
    """Two workloads that differ only later cannot be told apart until then."""
    case = train[0].data
    market = case.market
    half = len(market.available) // 2
    flipped = tuple(tuple(not up for up in row) for row in market.available[half:])
    other = type(market)(
        market.tick_s,
        market.regions,
        market.available[:half] + flipped,
        market.spot_usd_per_h,
        market.on_demand_usd_per_h,
    )
    changed = type(train[0])(type(case)(case.token + "x", other, case.job))
    here, there = spot.simulate(train[0]), spot.simulate(changed)
    seen = [(next(here), next(there))]
    for _ in range(half - 1):
        seen.append((here.send((0, 0)), there.send((0, 0))))
        if seen[-1][0][1] - seen[-1][0][2] < 1.0:
            break

    assert all(one == two for one, two in seen)
    assert spot.given(train[0]) == spot.given(changed)


@pytest.mark.parametrize(
    "action", [(3, 0), (-1, 0), (0, 99), (True, 0), (1.0, 0), (float("nan"), 0), (0,), (0, 0, 0), None, "10"]
)
def test_schema_refuses(spot, train, action):
    with pytest.raises(Refused, match="action"):
        checker(spot.action_schema(train[0]), "action")(action)


def test_spot_without_capacity_is_invalid(spot, train):
    for workload in train:
        steps = spot.simulate(workload)
        available = next(steps)[8]
        if False in available:
            with pytest.raises(Invalid, match="no spot machine"):
                steps.send((1, available.index(False)))
            return
    pytest.fail("no workload starts with a zone without capacity")


def test_worst_holds_for_spiteful_policies(spot, train):
    for workload in train[:60]:
        for seed in range(3):
            assert spite(spot, workload, Random(seed)) <= spot.worst(workload)["cost_usd"]


def spite(spot, workload, rng):
    """Move at every tick, by whatever is dearest, and pay for as much as can be paid for."""
    steps = spot.simulate(workload)
    zones = workload.data.market.zones
    try:
        observed = next(steps)
        while True:
            available, usd = observed[8], observed[9]
            zone = rng.choice([zone for zone in range(zones) if zone != observed[4]])
            dear = available[zone] and (usd[zone] > 1.2 or rng.random() < 0.5)
            observed = steps.send((1 if dear else 2, zone))
    except StopIteration as end:
        return end.value["cost_usd"]


def test_feedback_names_numbers_and_reasons_of_three(spot, scored):
    text = spot.feedback(scored["greedy"])

    assert text.count("\n- ") == 2
    assert text.startswith("- ")
    assert "knowing the future $" in text
    assert "on demand only $" in text
    assert KEY.hex() not in text


def test_feedback_names_failures(spot, train):
    results = [(train[0], None, "invalid: zone 1 has no spot machine"), (train[1], None, "timeout")]
    text = spot.feedback(results)

    assert text.startswith("Failed on 2 of 2 workloads.")
    assert "no spot machine" in text


def test_feedback_of_nothing_is_empty(spot):
    assert spot.feedback([]) == ""


def test_feedback_says_why(spot, scored):
    assert "after waiting too long" in spot.feedback(scored["greedy"])
    assert "Most was lost on demand." in spot.feedback(scored["on_demand"])


@pytest.mark.parametrize(
    ("launching_h", "transfer_usd", "reason"),
    [
        (9.0, 0.0, "9.0 h were paid for launching alone."),
        (1.0, 30.0, "Much was lost on moving the checkpoint."),
        (1.0, 1.0, "Most was lost on dear spot machines."),
    ],
)
def test_feedback_tells_what_was_lost_on_spot(spot, train, launching_h, transfer_usd, reason):
    work_h = train[0].data.job.work_ticks * 0.2
    names = ("idle_h", "on_demand_h", "launches", "switches", "preemptions", "slack_left_h")
    metrics = dict.fromkeys(names, 0.0) | {"spot_h": work_h + launching_h, "cost_usd": 100.0}

    assert spot.feedback([(train[0], metrics | {"transfer_usd": transfer_usd}, "")]).endswith(reason)


def test_measures_tell_behaviours_apart(spot, scored):
    places = {
        name: spot.measures([(workload, metrics) for workload, metrics, _ in results])
        for name, results in scored.items()
    }

    assert all(0.0 <= value <= 1.0 for place in places.values() for value in place.values())
    assert places["on_demand"] == {"on_demand_share": 1.0, "switching": 0.0}
    assert places["greedy"]["switching"] == 0.0 < places["greedy_switching"]["switching"]
    assert spot.measures([(scored["greedy"][0][0], None)]) == {"on_demand_share": 0.0, "switching": 0.0}


def write_trace(path, values, gap=195):
    path.write_text(json.dumps({"metadata": {"gap_seconds": gap, "polarity": "instances"}, "data": values}))


def test_recorded_traces_become_workloads(spot, tmp_path):
    rng = Random(0)
    for zone, share in (("us-east-1a", 0.3), ("us-east-1c", 0.6), ("us-west-2a", 0.9)):
        write_trace(tmp_path / f"{zone}.json", [int(rng.random() < share) for _ in range(4000)])
    workloads = list(spot.recorded(tmp_path))
    results = driver.score(spot, workloads, driver.folder / "initial" / "policy.py")

    assert len(workloads) > 4
    assert len({workload.shares for workload in workloads}) == 1
    assert workloads[0].shares
    assert workloads[0].data.market.regions == (0, 0, 1)
    assert workloads[0].data.market.tick_s == 195
    for workload, metrics, _ in results:
        assert (
            spot.bound(workload)["cost_usd"] - 1e-9 <= metrics["cost_usd"] <= spot.worst(workload)["cost_usd"]
        )


def test_recordings_share_the_jobs_of_the_search_among_them(spot, tmp_path):
    for window in range(24):
        folder = tmp_path / "us-east-1a"
        folder.mkdir(exist_ok=True)
        write_trace(folder / f"{window}.json", [1] * 1107)
    workloads = list(spot.recorded(tmp_path))

    # 1,107 ticks of 195 s are 60 h: the longest deadlines do not fit, all others do.
    assert {workload.data.token.split(":")[1] for workload in workloads} == {str(n) for n in range(24)}
    assert len({workload.cell for workload in workloads}) >= 5
    assert {workload.data.job.deadline_ticks <= 1107 for workload in workloads} == {True}
    assert len({workload.data.job.work_ticks for workload in workloads}) == 3


def test_randomised_baseline_draws_from_what_it_is_handed(spot, train):
    path = driver.folder / "baselines" / "randomised_shifted_greedy.py"
    again = [driver.values(driver.score(spot, train[:24], path), spot) for _ in range(2)]
    with driver.program(path) as (policy, interface):
        shifted = [
            policy(interface.Given(*spot.given(train[0])), Random(seed)).shifted for seed in range(200)
        ]

    assert again[0] == again[1]
    assert 70 < sum(shifted) < 130


def test_recorded_traces_that_are_too_short_are_named(spot, tmp_path):
    write_trace(tmp_path / "us-east-1a.json", [1] * 100)

    with pytest.raises(BadData, match="as long as the shortest deadline"):
        list(spot.recorded(tmp_path))


def test_unreadable_traces_are_named(spot, tmp_path):
    (tmp_path / "a.json").write_text("{")

    with pytest.raises(BadData, match=r"a\.json"):
        list(spot.recorded(tmp_path))
