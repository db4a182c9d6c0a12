from __future__ import annotations

import ast
import tomllib

import pytest
from spot_driver import DRIVER as driver

SPEC = tomllib.loads((driver.folder / "problem.toml").read_text())
SEARCH = SPEC["params"]["search"]


@pytest.fixture(scope="module")
def words():
    with driver.program(driver.folder / "baselines" / "greedy.py") as (_, interface):
        return interface


@pytest.fixture(scope="module")
def given(words):
    return words.Given(
        tick_h=0.5,
        work_h=10.0,
        deadline_h=20.0,
        on_demand_usd_per_h=4.0,
        restart_h=0.5,
        region=(0, 0, 1),
        move_h=((0.0, 0.5, 1.0), (0.5, 0.0, 1.0), (1.0, 1.0, 0.0)),
        transfer_usd=((0.0, 1.0, 3.0), (1.0, 0.0, 3.0), (3.0, 3.0, 0.0)),
    )


@pytest.fixture(scope="module")
def observe(words):
    def make(**changed):
        obs = words.Observation(
            elapsed_h=8.0,
            time_left_h=12.0,
            remaining_h=7.0,
            kind=words.NONE,
            zone=0,
            home=0,
            launching_h=0.0,
            preempted=False,
            available=(False, True, True),
            spot_usd_per_h=(0.5, 2.0, 1.0),
        )
        return obs._replace(**changed)

    return make


def test_time_and_progress(words, given, observe):
    obs = observe()

    assert words.done_h(given, obs) == 3.0
    assert words.expected_done_h(given, obs) == 4.0
    assert words.ahead_h(given, obs) == -1.0
    assert words.slack_h(given, obs) == 4.5
    assert words.slack_share(given, obs) == pytest.approx(4.5 / 9.5)
    assert words.required_rate(given, obs) == pytest.approx(7 / 12)
    assert words.required_rate(given, observe(time_left_h=0.0)) == 14.0


def test_actions(words, observe):
    obs = observe()

    assert words.spot(obs, 1) == (words.SPOT, 1)
    assert words.spot(obs, 0) == words.spot(obs, words.NO_ZONE) == words.spot(obs, 7) == (words.NONE, 0)
    assert words.wait(obs) == words.keep(obs) == (words.NONE, 0)
    assert words.on_demand(obs) == (words.ON_DEMAND, 0)
    moved = observe(kind=words.ON_DEMAND, zone=2)
    assert words.on_demand(moved) == words.keep(moved) == (words.ON_DEMAND, 2)
    assert words.on_demand(observe(kind=words.SPOT, zone=2)) == (words.ON_DEMAND, 0)


def test_what_runs(words, observe):
    kinds = {kind: observe(kind=kind) for kind in (words.NONE, words.SPOT, words.ON_DEMAND)}

    assert [words.is_running(obs) for obs in kinds.values()] == [False, True, True]
    assert [words.is_on_spot(obs) for obs in kinds.values()] == [False, True, False]
    assert [words.is_on_demand(obs) for obs in kinds.values()] == [False, False, True]


def test_zones(words, given, observe):
    obs, none = observe(), observe(available=(False,) * 3)

    assert words.first_available(obs) == 1
    assert words.cheapest_available(obs) == 2
    assert words.nearest_available(given, obs) == 1
    assert words.best_available(given, obs, 1.0) == 1
    assert words.best_available(given, obs, 10.0) == 2
    assert words.any_available(obs)
    assert words.available_share(obs) == pytest.approx(2 / 3)
    assert [words.is_available(obs, zone) for zone in (-1, 0, 1, 2, 3)] == [False, False, True, True, False]
    assert not words.any_available(none)
    for found in (
        words.first_available(none),
        words.cheapest_available(none),
        words.nearest_available(given, none),
        words.best_available(given, none, 3.0),
    ):
        assert found == words.NO_ZONE


def test_prices(words, given, observe):
    obs = observe()

    assert words.spot_price(obs, 1) == 2.0
    assert words.spot_price(obs, 0) == 1e6
    assert words.price_ratio(given, obs, 2) == 0.25
    assert words.launch_h(given, obs, 0) == 0.5
    assert words.launch_h(given, obs, 2) == 1.5
    assert words.switch_usd(given, obs, 2) == 1.5 * 1.0 + 3.0
    assert words.spot_cost_usd(given, obs, 2, 4.0) == 4.5 + 4.0
    assert words.on_demand_cost_usd(given, obs, 4.0) == 4.5 * 4.0
    assert words.spot_saves_usd(given, obs, 2, 4.0) == 18.0 - 8.5
    assert words.break_even_h(given, obs, 2) == pytest.approx(4.5 / 3.0)


def test_launch_under_way_costs_only_its_rest(words, given, observe):
    running = observe(kind=words.SPOT, zone=2, launching_h=0.5)

    assert words.launch_h(given, running, 2) == 0.5
    assert words.switch_usd(given, running, 2) == 0.5
    assert words.on_demand_cost_usd(given, observe(kind=words.ON_DEMAND), 4.0) == 16.0


def test_everything_is_annotated_and_documented():
    tree = ast.parse((driver.folder / "interface.py").read_text())

    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert node.returns is not None, node.name
            assert all(argument.annotation is not None for argument in node.args.args), node.name
            assert ast.get_docstring(node), node.name


def test_prompt_says_what_the_parameters_say():
    prompt = (driver.folder / "prompt.md").read_text()
    near, far = SPEC["params"]["transfer_usd_per_gb"]
    tick_h = SPEC["params"]["tick_s"] / 3600
    low, high = min(SEARCH["checkpoint_gb"]) * near, max(SEARCH["checkpoint_gb"]) * far

    assert f"tick ({tick_h:g} h)" in prompt
    assert f"{min(SEARCH['work_h']):g} to {max(SEARCH['work_h']):g} h of work" in prompt
    assert (
        f"{min(SEARCH['slack_share']):.0%} to {max(SEARCH['slack_share']):.0%}".replace("%", " %") in prompt
    )
    assert f"from ${low:.2f} to ${high:.2f}" in prompt
    assert " or ".join(f"{ticks * tick_h:g}" for ticks in SEARCH["restart_ticks"]) + " h" in prompt
    assert f"{max(max(moves) for moves in SEARCH['move_ticks']) * tick_h:g} h more" in prompt


def test_prompt_holds_no_targets():
    prompt = (driver.folder / "prompt.md").read_text().lower()

    assert not any(word in prompt for word in ("uniform progress", "baseline", "bound", "best known", "beat"))
