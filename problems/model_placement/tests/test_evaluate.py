from __future__ import annotations

import ast
import json
import time
import tomllib
from random import Random
from statistics import fmean as mean

import pytest
from placement_driver import DRIVER as driver

from evaluators.contract import BadData, Invalid
from evaluators.schema import Refused, checker
from problems.driver import KEY
from simulators.placement import published_instances, published_score

SPEC = tomllib.loads((driver.folder / "problem.toml").read_text())
SEARCH = SPEC["params"]["search"]
COUNT = SPEC["splits"]["train"]


@pytest.fixture(scope="module")
def placement():
    return driver.evaluator()


@pytest.fixture(scope="module")
def train(placement):
    return driver.draw(placement, COUNT)


@pytest.fixture(scope="module")
def scored(placement, train):
    return {path.stem: driver.score(placement, train, path) for path in driver.programs()}


def test_every_program_is_allowed_everywhere_also_in_shift(placement, scored):
    shift = driver.draw(placement, 12, "shift")

    for path in driver.programs():
        assert [reason for _, _, reason in scored[path.stem] if reason] == []
        assert [reason for _, _, reason in driver.score(placement, shift, path) if reason] == []


def test_published_scores_are_reproduced_by_the_programs(placement, tmp_path):
    path = write_published(tmp_path)
    workloads = list(placement.recorded(path))
    found = {
        each.stem: published_score(driver.values(driver.score(placement, workloads, each), placement))
        for each in driver.programs()
    }

    assert found["prism_greedy"] == pytest.approx(21.89, abs=0.005)
    assert found["best_fit_threshold"] == pytest.approx(26.2332, abs=1e-4)
    assert found["round_robin"] < found["prism_greedy"] < found["move_and_swap"] < found["best_fit_threshold"]
    assert max(found.values()) < 26.25598


def write_published(folder):
    listed = [
        {
            "gpu_num": one.fleet.gpus,
            "models": [
                {"model_size": size, "req_rate": rate, "slo": slo}
                for size, rate, slo in zip(one.size_gb, rates, one.slo_s, strict=True)
            ],
        }
        for one, rates in published_instances()
    ]
    path = folder / "published.json"
    path.write_text(json.dumps({"instances": listed}))
    return path


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"instances": [{"gpu_num": 1, "models": [{"model_size": 99, "req_rate": 1, "slo": 1}]}]}'],
)
def test_unreadable_instances_are_named(placement, tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)

    with pytest.raises(BadData, match=r"a\.json"):
        placement.recorded(path)


def test_no_program_passes_the_bound_or_is_worse_than_worst(placement, train, scored):
    for results in scored.values():
        for workload, metrics, _ in results:
            value = metrics["kv_pressure"]
            assert placement.bound(workload)["kv_pressure"] <= value * (1 + 1e-9)
            assert value <= placement.worst(workload)["kv_pressure"]


def test_reference_lies_between_bound_and_best_baseline(placement, train, scored):
    some = train[:20]
    reference = [placement.reference(each)["kv_pressure"] for each in some]

    assert all(
        placement.bound(each)["kv_pressure"] <= value * (1 + 1e-9)
        for each, value in zip(some, reference, strict=True)
    )
    assert mean(reference) < mean(driver.values(scored["move_and_swap"][:20], placement))


def test_bounds_are_computed_once(placement, train):
    first = placement.bound(train[0]), placement.reference(train[0])
    began = time.process_time()
    again = [(placement.bound(train[0]), placement.reference(train[0])) for _ in range(100)]

    assert time.process_time() - began < 0.1
    assert all(each == first for each in again)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-1.0 * model.number", "load_of(draft, model)"),
        ("-1.0 * model.number", "pressure_of(draft, model)"),
        ("-1.0 * model.number", "last_rate(model)"),
        ("gain(draft, model, gpu) > 0.0", "gain(draft, model, gpu) > 0.02"),
    ],
)
def test_small_edits_of_the_initial_program_pay(placement, train, scored, tmp_path, old, new):
    text = (driver.folder / "initial" / "placement.py").read_text()
    edited = tmp_path / "placement.py"
    edited.write_text(text.replace(old, new))

    assert old in text
    better = driver.values(driver.score(placement, train, edited), placement)
    assert mean(better) < mean(driver.values(scored["placement"], placement))


def test_workloads_follow_from_the_key_alone(placement):
    def first(split, key):
        return [each.data.scene for each in driver.draw(placement, 5, split, key)]

    assert first("train", KEY) == first("train", KEY)
    assert first("train", KEY) != first("train", bytes(16))
    assert first("train", KEY) != first("validation", KEY)


def test_the_next_hour_is_not_told(placement, train):
    given = placement.given(train[0])
    told = {rate for rates in given[-1] for rate in rates}

    assert len(given[-1][0]) == SPEC["params"]["seen_windows"]
    assert not told & set(train[0].data.scene.next)
    assert KEY.hex() not in repr(given)


def test_every_size_is_drawn(train):
    assert {len(each.data.scene.instance.size_gb) for each in train} == set(SEARCH["models"])
    assert len({each.cell for each in train}) == 6


def test_metrics_of_the_current_placement(placement, train):
    workload = train[0]
    metrics = placement.score(workload, list(workload.data.scene.instance.current))

    assert metrics["moved_gb"] == metrics["moves"] == 0.0
    assert metrics["kv_pressure"] == metrics["stay_pressure"] >= metrics["mean_pressure"]
    assert metrics["hot_models"] >= 1


def test_wrong_plans_are_refused(placement, train):
    workload = train[0]
    instance = workload.data.scene.instance
    check = checker(placement.plan_schema(workload), "plan")
    stay = list(instance.current)

    for wrong in (
        [],
        stay[1:],
        [*stay, 0],
        [instance.fleet.gpus, *stay[1:]],
        [-1, *stay[1:]],
        [True, *stay[1:]],
    ):
        with pytest.raises(Refused):
            check(wrong)
    with pytest.raises(Invalid):
        placement.score(workload, [0] * instance.models)


def test_feedback_names_three_workloads_and_why(placement, scored):
    text = placement.feedback(scored["placement"])

    assert text.count("\n- ") == 2
    assert text.startswith("- ")
    assert "The most pressed GPU has" in text
    assert KEY.hex() not in text
    assert placement.feedback([]) == ""


def test_feedback_names_failures(placement, train):
    text = placement.feedback([(train[0], None, "invalid: 20 GB are moved"), (train[1], None, "timeout")])

    assert text.startswith("Failed on 2 of 2 workloads.")
    assert "20 GB are moved" in text


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"hot_growth": 2.0}, "grew by 100%"),
        ({"stay_pressure": 0.01}, "the moves made it worse"),
        ({"moved_gb": 0.0}, "of the budget were not used"),
        ({"hot_free_gb": 3.0}, "weights are in the way"),
        ({}, "its load was left together"),
    ],
)
def test_feedback_says_why(placement, train, changed, reason):
    workload = train[0]
    metrics = {
        **placement.score(workload, list(workload.data.scene.instance.current)),
        "hot_growth": 1.0,
        "moved_gb": workload.data.scene.instance.budget_gb,
        "hot_free_gb": 79.0,
        **changed,
    }

    assert reason in placement.feedback([(workload, metrics, "")])


def test_measures_tell_behaviours_apart(placement, scored):
    places = {
        name: placement.measures([(workload, metrics) for workload, metrics, _ in results])
        for name, results in scored.items()
    }

    assert all(0.0 <= value <= 1.0 for place in places.values() for value in place.values())
    assert places["stay"]["moved"] == 0.0 < places["move_and_swap"]["moved"] < places["prism_greedy"]["moved"]
    assert places["stay"]["evenness"] < places["move_and_swap"]["evenness"]
    assert placement.measures([(scored["stay"][0][0], None)]) == {"moved": 0.0, "evenness": 0.0}


def test_helpers_agree_with_the_evaluator(placement, train):
    """Random moves, swaps and takings-off keep a draft's numbers true, and never break a rule."""
    with driver.program(driver.folder / "baselines" / "stay.py") as (_, words):
        for workload in train[:12]:
            scene = workload.data.scene
            given = words.Given(*placement.given(workload))
            draft = words.current_draft(given, scene.next)
            rng = Random(1)
            for _ in range(60):
                model, other = rng.choice(words.models(given)), rng.choice(words.models(given))
                gpu = rng.choice(draft.groups[model.width])
                expected = words.pressure_after(draft, model, gpu)
                if words.move(draft, model, gpu):
                    assert words.pressure_of(draft, model) == pytest.approx(expected)
                expected = words.pressure_swapped(draft, model, other)
                if words.swap(draft, model, other):
                    both = max(words.pressure_of(draft, model), words.pressure_of(draft, other))
                    assert both == pytest.approx(expected)
                home = draft.place[model.number]
                words.take_off(draft, model)
                words.move(draft, model, home)
                assert draft.place[model.number] == home
            metrics = placement.score(workload, draft.place)
            assert words.worst_pressure(draft) == pytest.approx(metrics["kv_pressure"])
            assert given.budget_gb - draft.left_gb == pytest.approx(metrics["moved_gb"])


def test_what_is_settled_is_allowed(placement, train):
    with driver.program(driver.folder / "baselines" / "stay.py") as (_, words):
        workload = train[0]
        scene = workload.data.scene
        given = words.Given(*placement.given(workload))
        draft = words.current_draft(given, scene.next)
        free = words.blank_draft(given, scene.next)

        assert words.settled(draft) == list(given.current)
        assert words.settled(free) == list(given.current)  # no model is placed
        model = next(each for each in words.models(given) if words.least_pressed(draft, each) != words.NO_GPU)
        assert words.load_of(draft, model) == draft.model_load[model.number]
        gpu = draft.place[model.number]
        assert words.load_on(draft, gpu) / words.free_on(draft, gpu) == words.pressure(draft, gpu)
        words.move(draft, model, words.least_pressed(draft, model))
        assert words.settled(draft) == draft.place != list(given.current)
        for each in words.by_size(free):
            words.move(free, each, words.least_pressed(free, each))
        moved = sum(m.size_gb for m in words.models(given) if free.place[m.number] != m.home)
        assert moved > given.budget_gb
        assert words.settled(free) == list(given.current)


def test_forecasts():
    with driver.program(driver.folder / "baselines" / "stay.py") as (_, words):
        model = words.Model(0, 10.0, 2, 5.0, 0, (1.0, 2.0, 6.0))

        assert model.shard_gb == 5.0
        assert words.last_rate(model) == words.peak_rate(model) == 6.0
        assert words.oldest_rate(model) == 1.0
        assert words.mean_rate(model) == 3.0
        assert words.smoothed_rate(model, 0.5) == 0.5 * 6.0 + 0.5 * 1.5
        assert words.trend_rate(model, 0.5) == 8.0


def test_everything_in_the_interface_is_annotated_and_documented():
    for node in ast.parse((driver.folder / "interface.py").read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert node.returns is not None, node.name
            assert all(argument.annotation is not None for argument in node.args.args), node.name
            assert ast.get_docstring(node), node.name


def test_prompt_says_what_the_parameters_say():
    prompt = " ".join((driver.folder / "prompt.md").read_text().split())
    memories = [memory for kinds in SEARCH["node_kinds"] for _, memory in kinds]

    assert f"{min(SEARCH['models'])} to {max(SEARCH['models'])} models" in prompt
    assert f"GPUs of {min(memories):g} to {max(memories):g} GB" in prompt
    assert f"up to {max(SEARCH['fill']):.0%} of".replace("%", " %") in prompt
    low, high = (f"{pick(SEARCH['budget_share']):.0%}".replace("%", " %") for pick in (min, max))
    assert f"{low} to {high} of all weights" in prompt
    assert f"last {SPEC['params']['seen_windows']} hours" in prompt


def test_prompt_holds_no_targets():
    prompt = (driver.folder / "prompt.md").read_text().lower()

    assert not any(
        word in prompt for word in ("prism", "baseline", "bound", "best known", "beat", "best fit")
    )
