from __future__ import annotations

import json
from random import Random
from statistics import fmean as mean
from statistics import geometric_mean

import pytest
from txn_driver import DRIVER as driver
from txn_driver import DRIVERS, PROBLEMS

from evaluators.contract import BadData, Invalid
from evaluators.schema import Refused, checker
from problems.driver import KEY
from simulators.txn import makespan, ordered_makespan

OTHER_KEY = bytes([7] * 16)
NAMES = tuple(DRIVERS)


@pytest.fixture(scope="module")
def online():
    return driver.evaluator()


@pytest.fixture(scope="module")
def offline():
    return DRIVERS["txn_offline"].evaluator()


@pytest.fixture(scope="module")
def train(online):
    return driver.draw(online, 28)


@pytest.fixture(scope="module")
def scored(online, offline, train):
    """Results of every program by problem and name; the annealing, which is slow, on seven workloads."""
    return {
        name: {
            path.stem: DRIVERS[name].score(txn, train[: 7 if "annealing" in path.stem else 28], path)
            for path in DRIVERS[name].programs()
        }
        for name, txn in zip(NAMES, (online, offline), strict=True)
    }


def values(scored, txn, problem, program):
    return DRIVERS[problem].values(scored[problem][program], txn)


def test_no_program_fails_passes_the_bound_or_is_worse_than_worst(online, scored):
    for problem in NAMES:
        for results in scored[problem].values():
            for workload, metrics, reason in results:
                assert metrics is not None, reason
                found = metrics["makespan_ticks"]
                assert online.bound(workload)["makespan_ticks"] <= found
                assert found <= online.worst(workload)["makespan_ticks"]


def test_initial_programs_are_arrival_order(scored):
    for problem, initial in zip(NAMES, ("policy", "solver"), strict=True):
        first, second = (scored[problem][name] for name in (initial, "arrival_order"))
        assert [metrics for _, metrics, _ in first] == [metrics for _, metrics, _ in second]


def test_arrival_order_is_the_same_online_and_offline(online, scored):
    assert values(scored, online, "txn_scheduling", "arrival_order") == values(
        scored, online, "txn_offline", "arrival_order"
    )


def test_seeing_all_and_searching_longer_helps(online, scored):
    def offline(name, count):
        return mean(values(scored, online, "txn_offline", name)[:count])

    assert offline("smf_full", 28) < mean(values(scored, online, "txn_scheduling", "smf_full"))
    assert offline("random_best", 28) < mean(values(scored, online, "txn_scheduling", "random_order"))
    assert offline("insertion_annealing", 7) < offline("smf_full", 7)


def test_reference_is_strong_and_no_bound(online, train, scored):
    found = [online.reference(workload)["makespan_ticks"] for workload in train]
    least = [online.bound(workload)["makespan_ticks"] for workload in train]

    assert all(a <= b for a, b in zip(least, found, strict=True))
    assert mean(found) < mean(values(scored, online, "txn_scheduling", "smf_full"))
    assert mean(values(scored, online, "txn_offline", "insertion_annealing")) < mean(found[:7])


def test_bounds_and_references_are_kept(online, train, monkeypatch):
    online.reference(train[0]), online.bound(train[0])
    for name in ("lock_chain", "shortest_makespan_first"):
        monkeypatch.setitem(online.bound.__func__.__globals__["Known"].chain.__globals__, name, None)

    assert online.bound(train[0])["makespan_ticks"] <= online.reference(train[0])["makespan_ticks"]


def test_what_another_aggregate_would_say(online, scored):
    """The mean follows the hot keys, where makespans are long; the geometric mean counts each family alike.

    The order of the baselines is the same. How much is gained is not: taking the hottest first helps pairs
    and not hot keys, so that the geometric mean thinks more of it.
    """
    arrival, hot, shortest = (
        values(scored, online, "txn_scheduling", name)
        for name in ("arrival_order", "hot_key_first", "smf_full")
    )

    def gain(how):
        return (how(arrival) - how(hot)) / (how(arrival) - how(shortest))

    assert mean(shortest) < mean(hot) < mean(arrival)
    assert geometric_mean(shortest) < geometric_mean(hot) < geometric_mean(arrival)
    assert gain(geometric_mean) > 1.3 * gain(mean)
    # The published score is 1e6 / (1 + the sum of makespans): the same order of programs as the mean.
    published = [1e6 / (1 + sum(each)) for each in (shortest, hot, arrival)]
    assert published == sorted(published, reverse=True)


def test_metrics_are_recomputed_from_the_order(offline, train):
    workload = train[0]
    order = Random(1).sample(range(100), 100)
    metrics = offline.score(workload, order)

    assert metrics["makespan_ticks"] == makespan(workload.data.transactions, order)
    assert metrics["two_phase_ticks"] == ordered_makespan(workload.data.transactions, order)
    assert 0 < metrics["moved_share"] <= 1
    assert offline.score(workload, list(range(100)))["moved_share"] == 0.0
    assert offline.score(workload, list(range(99, -1, -1)))["moved_share"] == 1.0


def test_a_plan_is_a_permutation(offline, train):
    check = checker(offline.plan_schema(train[0]), "plan")

    assert check(tuple(range(100))) == list(range(100))
    for wrong in ([], [0] * 100, list(range(99)), list(range(1, 101)), (0, list(range(100)))):
        with pytest.raises(Refused):
            check(wrong)


def test_an_action_is_a_place_among_the_pending(online, train):
    check = checker(online.action_schema(train[0]), "action")
    steps = online.simulate(train[0])
    view = next(steps)

    for wrong in (-1, True, 1.0, None, len(view.pending)):
        with pytest.raises(Refused):
            check(wrong)
    for _ in range(100 - len(view.pending) + 1):
        view = steps.send(0)
    with pytest.raises(Invalid, match="places 0 to 14 are pending"):
        steps.send(15)


def test_workloads_depend_on_key_split_and_index_only(online):
    def first(split, key):
        return [(each.data, each.cell) for each in driver.draw(online, 8, split, key)]

    assert first("train", KEY) == first("train", KEY)
    drawn = [first(split, KEY)[0][0].transactions for split in ("train", "validation", "test", "shift")]
    assert len({*drawn, first("train", OTHER_KEY)[0][0].transactions}) == 5


def test_any_stage_holds_every_family_and_shift_is_nowhere_in_train(online):
    cells = [each.cell.split(",") for each in driver.draw(online, 84)]
    shifted = driver.draw(online, 84, "shift")

    for begin in range(0, 84, 7):
        assert len({family for family, _ in cells[begin : begin + 7]}) == 7
    assert {pool for _, pool in cells} == {"pool=16", "pool=32"}
    assert {each.data.pool for each in shifted} == {8, 64}
    assert {len(each.data.transactions) for each in shifted} == {60, 150}


def test_given_tells_sizes_only_and_views_tell_no_future(online, train):
    case = train[0].data
    assert online.given(train[0]) == (100, case.pool)

    other = type(case)(
        case.token + "x", case.family, case.transactions[:60] + case.transactions[:40], case.pool
    )
    here, there = online.simulate(train[0]), online.simulate(type(train[0])(other))
    seen = [(next(here), next(there))]
    seen += [(here.send(3), there.send(3)) for _ in range(60 - case.pool)]
    assert all(one == two for one, two in seen)
    assert here.send(3) != there.send(3)


def test_feedback_names_the_three_worst_and_why(online, scored):
    results = scored["txn_scheduling"]["arrival_order"]
    text = online.feedback(results)

    assert text.count("- ") == 3
    assert text.count("no order is done before") == 3
    assert "hottest key is used in" in text
    assert "of the time" in text
    assert KEY.hex() not in text
    assert "pairs" in text


def test_feedback_names_failures_and_lone_long_transactions(online, train):
    failed = online.feedback([(train[0], None, "invalid: place 7"), (train[1], None, "timeout")])
    assert failed.startswith("Failed on 2 of 2 workloads.")
    assert "place 7" in failed
    assert online.feedback([]) == ""

    case = train[0].data
    alone = type(case)("alone", "pairs", case.transactions[:1], 4)
    said = online.feedback([(type(train[0])(alone), {"makespan_ticks": 16.0}, "")])
    assert said.endswith("the longest transaction alone gives the limit.")


def test_measures_tell_behaviours_apart(online, offline, scored):
    def places(txn, problem):
        return {
            name: txn.measures([(workload, metrics) for workload, metrics, _ in results])
            for name, results in scored[problem].items()
        }

    for found in (places(online, "txn_scheduling"), places(offline, "txn_offline")):
        assert all(0.0 <= value <= 1.0 for place in found.values() for value in place.values())
    by_name = places(online, "txn_scheduling")
    assert by_name["arrival_order"]["reordering"] == 0.0 < by_name["random_order"]["reordering"]
    assert by_name["smf_full"]["greed"] == pytest.approx(1.0, abs=0.011)
    assert by_name["smf_full"]["greed"] > by_name["smf_sampled"]["greed"] > by_name["arrival_order"]["greed"]
    assert online.measures([(scored["txn_scheduling"]["policy"][0][0], None)]) == {
        "greed": 0.0,
        "reordering": 0.0,
    }


def test_published_files_become_workloads(online, offline, tmp_path):
    text = {f"txn{at}": "r-1 * w-2" if at % 2 else "w-1 w-2" for at in range(20)}
    (tmp_path / "w.json").write_text(json.dumps(text))
    workloads = list(online.recorded(tmp_path))

    assert [each.cell for each in workloads] == ["recorded,pool=16", "recorded,pool=32"]
    assert len({each.shares for each in workloads}) == 1
    assert workloads[0].shares
    path = driver.file("baselines/smf_full.py")
    assert all(metrics is not None for _, metrics, _ in driver.score(online, workloads, path))
    assert len(list(offline.recorded(tmp_path))) == 2


def test_unreadable_files_are_named(online, tmp_path):
    (tmp_path / "w.json").write_text("{")

    with pytest.raises(BadData, match=r"w\.json"):
        list(online.recorded(tmp_path))


def test_both_folders_score_by_the_same_code():
    assert not (PROBLEMS / "txn_offline" / "evaluate.py").exists()
