from __future__ import annotations

import json

import numpy as np
import pytest
from eplb_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid, Workload
from evaluators.schema import Refused, checker
from problems.driver import KEY
from simulators.moe import Cluster

BASELINES = sorted((driver.folder / "baselines").glob("*.py"))
OTHER_KEYS = [bytes([n] * 16) for n in range(2)]


@pytest.fixture(scope="module")
def eplb():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(eplb):
    return driver.draw(eplb, 36)


@pytest.fixture(scope="module")
def scored(eplb, train):
    return {path.stem: driver.score(eplb, train, path) for path in driver.programs()}


def test_every_program_is_feasible_on_every_workload_of_every_split(eplb, scored):
    for results in scored.values():
        assert all(metrics is not None for _, metrics, _ in results)
    shifted = driver.draw(eplb, 24, "shift")
    for path in driver.programs():
        assert all(metrics is not None for _, metrics, _ in driver.score(eplb, shifted, path))


def test_no_program_passes_the_bound_or_is_worse_than_worst(eplb, scored):
    for results in scored.values():
        for workload, metrics, _ in results:
            least, most = eplb.worst(workload)["balance"], eplb.bound(workload)["balance"]
            assert least <= metrics["balance"] <= most <= 1.0 + 1e-9


def test_reference_lies_between_the_best_baseline_and_the_bound(eplb, train, scored):
    reference = [eplb.reference(workload)["balance"] for workload in train]

    assert all(a <= eplb.bound(w)["balance"] for a, w in zip(reference, train, strict=True))
    for results in scored.values():
        assert np.mean(reference) > np.mean(driver.values(results, eplb)) + 0.1
    assert eplb.reference(train[0])["balance"] == driver.evaluator().reference(train[0])["balance"]


def test_the_previous_placement_moves_nothing_and_the_others_use_their_budget(eplb, scored):
    assert set(driver.values(scored["previous_placement"], eplb, "migrated_gib")) == {0.0}
    for name in ("deepseek_global", "deepseek_hierarchical", "snake", "lpt", "ewma_greedy"):
        used = driver.values(scored[name], eplb, "budget_used")
        assert max(used) <= 1.0
        assert np.mean(used) > 0.7


def test_any_stretch_of_workloads_is_near_to_the_whole(eplb):
    cells = [workload.cell for workload in driver.draw(eplb, 72)]

    for begin in range(0, 72, 18):
        part = cells[begin : begin + 18]
        for label in ("model=published,", "model=deepseek_v3", "model=qwen", "budget=0.1", "budget=1"):
            assert 4 <= sum(label in cell for cell in part) <= 8


def test_workloads_depend_on_key_split_and_index_only(eplb):
    again = driver.evaluator()
    first = driver.draw(eplb, 4)
    driver.draw(again, 2, "shift")
    for one, other in zip(first, driver.draw(again, 4), strict=True):
        assert one.cell == other.cell
        assert (one.data.past == other.data.past).all()
        assert (one.data.next == other.data.next).all()
        assert (one.data.placement == other.data.placement).all()
    for changed in (driver.draw(eplb, 1, key=OTHER_KEYS[0])[0], driver.draw(eplb, 1, split="test")[0]):
        assert (changed.data.next != first[0].data.next).any()


def test_shift_is_nowhere_in_train(eplb):
    def models(split):
        return {workload.cell.split(",")[0] for workload in driver.draw(eplb, 40, split)}

    assert not models("train") & models("shift")
    assert len(models("shift")) == 2


def test_given_tells_nothing_of_the_next_window(eplb, train):
    for workload in train[:6]:
        given, case = eplb.given(workload), workload.data
        arrays = [each for each in given if isinstance(each, np.ndarray)]

        assert {each.dtype for each in arrays} == {np.dtype("int64")}
        assert given[0].shape[0] == 8
        assert not any((each == case.next).all() for each in (*given[0], case.placement[:, :1]))
        assert case.past.base is None or not np.shares_memory(case.past[-1], case.next)
        changed = Workload(type(case)(**{**vars(case), "next": case.next[::-1], "token": "x"}))
        for one, other in zip(given, eplb.given(changed), strict=True):
            assert np.array_equal(one, other)


def test_a_tiny_workload_worked_out_by_hand(eplb):
    workload = by_hand(eplb)
    # 60 / 2 + 12 + 8 on GPU 0, 60 / 2 + 20 on GPU 1; one expert is new on GPU 1.
    found = eplb.score(workload, np.array([[0, 2, 3, 0, 1, 1]]))

    assert found["balance"] == 1.0
    assert found["migrated_gib"] == pytest.approx(10 / 2**30)
    assert found["budget_used"] == 0.5
    assert eplb.bound(workload)["balance"] == pytest.approx(1.0)
    assert eplb.worst(workload)["balance"] == 0.5


def by_hand(eplb, token="by hand"):
    case = type(driver.draw(eplb, 1)[0].data)
    cluster = Cluster(experts=4, slots=6, groups=2, nodes=2, gpus=2, expert_bytes=10, top_k=4, top_groups=2)
    past = np.array([[[25, 25, 25, 25]]] * 2)
    start = np.array([[0, 2, 3, 1, 1, 1]])
    return Workload(case(token, cluster, past, np.array([[60, 20, 12, 8]]), start, 2))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ([[0, 1, 1, 0, 2, 2]], "expert 3 of layer 0 has no slot"),
        ([[1, 1, 1, 0, 2, 3]], "4 experts would be moved, and the budget is 2"),
    ],
)
def test_plans_that_are_not_feasible(eplb, plan, said):
    with pytest.raises(Invalid, match=said):
        eplb.score(by_hand(eplb), np.array(plan))


def test_a_plan_is_one_array_of_experts(eplb):
    workload = by_hand(eplb)
    check = checker(eplb.plan_schema(workload), "plan")
    good = np.array([[0, 1, 1, 0, 2, 3]])

    assert (check(good) == good).all()
    for wrong in (
        good.tolist(),
        good[0],
        good[:, :5],
        good.astype(float),
        good == 1,
        good - 1,
        good + 1,
        None,
    ):
        with pytest.raises(Refused):
            check(wrong)


def test_measures_are_shares(eplb, scored):
    places = {}
    for name, results in scored.items():
        places[name] = eplb.measures([(workload, metrics) for workload, metrics, _ in results])
        assert all(0.0 <= value <= 1.0 for value in places[name].values())
    assert places["previous_placement"]["budget_used"] == 0.0
    assert places["deepseek_hierarchical"]["spread"] < places["deepseek_global"]["spread"]
    assert eplb.measures([(results[0][0], None)]) == {"budget_used": 1.0, "spread": 1.0}


def test_feedback_names_the_three_worst_and_why(eplb, scored):
    lines = eplb.feedback(scored["previous_placement"]).splitlines()
    gaps = sorted(m["balance"] / eplb.bound(w)["balance"] for w, m, _ in scored["previous_placement"])

    assert len(lines) == 3
    assert f"balance {gaps[0]:.3f}" in lines[0] or f"{gaps[0]:.2f}" in lines[0]
    assert all("hottest GPU carries" in line and "0% used" in line for line in lines)


@pytest.mark.parametrize(
    ("share", "growth", "said"),
    [
        (0.9, 3.0, "whose load grew 3.0-fold"),
        (0.9, 1.0, "it has too few"),
        (0.2, 3.0, "the largest, one expert with 1 slot in its layer, grew 3.0-fold"),
        (0.2, 1.0, "they are on one GPU"),
    ],
)
def test_feedback_says_why(eplb, train, scored, share, growth, said):
    workload, metrics, _ = scored["snake"][0]
    told = {"hottest_expert_share": share, "hottest_expert_growth": growth, "hottest_expert_replicas": 1.0}

    assert said in eplb.feedback([(workload, {**metrics, **told}, "")])


def test_feedback_names_failures_first(eplb, train, scored):
    results = [(train[0], None, "exception: too hard"), *scored["snake"][1:4]]
    lines = eplb.feedback(results).splitlines()

    assert lines[0] == "Failed on 1 of 4 workloads."
    assert lines[1].endswith("exception: too hard")
    assert len(lines) == 5


def write(path, steps, layers=2, experts=64, seed=0):
    rng = np.random.default_rng(seed)
    table = [{"logical_expert_load": rng.integers(1, 99, (layers, experts)).tolist()} for _ in range(steps)]
    path.write_text(json.dumps({"load_history": table}))
    return path


def test_recorded_loads_become_workloads(tmp_path):
    eplb = driver.evaluator(steps_per_window=3)
    path = write(tmp_path / "loads.json", 16)
    found = list(eplb.recorded(path))

    assert len(found) == 3  # 5 windows: one for the placement, one to learn from
    assert {workload.shares for workload in found} == {str(path)}
    assert [len(workload.data.past) for workload in found] == [2, 3, 4]
    steps = [each["logical_expert_load"] for each in json.loads(path.read_text())["load_history"]]
    assert (found[0].data.next == np.sum(steps[6:9], axis=0)).all()
    assert (found[0].data.past[-1] == np.sum(steps[3:6], axis=0)).all()
    for path in driver.programs():
        assert all(metrics is not None for _, metrics, _ in driver.score(eplb, found, path))


@pytest.mark.parametrize(
    ("steps", "experts", "said"),
    [(8, 64, "holds 2 windows of 3 steps"), (12, 60, "cannot be placed"), (12, 320, "cannot hold")],
)
def test_recordings_that_do_not_fit(tmp_path, steps, experts, said):
    with pytest.raises(BadData, match=said):
        driver.evaluator(steps_per_window=3).recorded(write(tmp_path / "loads.json", steps, experts=experts))
    with pytest.raises(BadData, match="cannot be read"):
        driver.evaluator().recorded(tmp_path / "missing.json")


def test_bounds_are_computed_once(eplb, train, monkeypatch):
    before = eplb.bound(train[0]), eplb.reference(train[0])
    for name in ("balance_limit", "_clairvoyant"):
        monkeypatch.setitem(type(eplb).bound.__globals__, name, None)

    assert (eplb.bound(train[0]), eplb.reference(train[0])) == before
    with pytest.raises(TypeError):
        eplb.bound(by_hand(eplb, token="not seen before"))
    assert KEY.hex() in train[0].data.token
