from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adrs.errors import ConfigError
from adrs.model.problem import Objective
from adrs.model.program import Program
from adrs.model.trial import Selection, Trial, TrialState
from adrs.proposer.llm.bandit import Bandit
from adrs.proposer.llm.ensemble import FIX_SHARE, Ensemble
from adrs.proposer.llm.models import Models
from adrs.proposer.llm.options import LLMOptions
from adrs.proposer.llm.proposer import LLMProposer

COST = Objective(name="cost_usd", unit="USD", direction="minimize")


def chosen(bandit: Bandit, pulls: int = 400) -> Counter[str]:
    rng = np.random.default_rng(1)
    return Counter(bandit.choose(rng) for _ in range(pulls))


def test_of_two_arms_that_gain_as_much_the_cheap_one_is_chosen() -> None:
    bandit = Bandit(["cheap", "dear"])
    for step in range(40):
        bandit.tell("cheap", 0.5 * (step % 2), 0.01)
        bandit.tell("dear", 0.5 * (step % 2), 0.10)
    assert chosen(bandit)["cheap"] > 360


def test_an_arm_that_gains_enough_is_worth_its_price() -> None:
    bandit = Bandit(["cheap", "dear"])
    for _ in range(40):
        bandit.tell("cheap", 0.0, 0.01)
        bandit.tell("dear", 0.9, 0.03)
    assert chosen(bandit)["dear"] > 360


def test_what_was_learned_fades() -> None:
    bandit = Bandit(["once", "now"])
    for _ in range(60):
        bandit.tell("once", 0.9, None)
    for _ in range(150):
        bandit.tell("once", 0.0, None)
        bandit.tell("now", 0.3, None)
    assert chosen(bandit)["now"] > 300


def test_where_nothing_is_known_every_arm_has_its_turn_and_an_unknown_one_is_left_out() -> None:
    bandit = Bandit(["a", "b", "c"])
    bandit.tell("gone", 1.0, 1.0)
    assert min(chosen(bandit)[name] for name in "abc") > 80
    assert sum(bandit.shares().values()) == pytest.approx(1.0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.floats(0, 10) | st.none()), max_size=60)
)
def test_any_history_leaves_arms_that_can_be_chosen(history: list[tuple[str, float, float | None]]) -> None:
    bandit = Bandit("abc")
    for arm, reward, cost in history:
        bandit.tell(arm, reward, cost)
    assert chosen(bandit, 20).total() == 20
    assert bandit.choose(np.random.default_rng(0), ["b"]) == "b"


def told(
    make_trial: Any,
    number: int,
    value: float | None,
    target: dict[str, Any],
    *,
    cost: float = 0.01,
    reason: str = "",
) -> Trial:
    trial: Trial = make_trial(Program.of({"policy.py": f"x = {number}\n"}), number, [value or 1.0] * 2)
    selection = Selection(Program.of({"policy.py": "x = 0\n"}).digest, (), target)
    state = TrialState.COMPLETED if value is not None else TrialState.FAILED
    return replace(trial, selection=selection, state=state, reason=reason, cost_usd=cost)


def started(make_trial: Any, arms: tuple[str, ...] = ("a", "b"), **options: Any) -> Ensemble:
    ensemble = Ensemble(arms, **options)
    ensemble.tell(COST, replace(make_trial(Program.of({"policy.py": "x = 0\n"}), 0, [10.0, 10.0])))
    return ensemble


def test_an_ensemble_is_a_fold_over_trials(make_trial: Any) -> None:
    one, other = started(make_trial), started(make_trial)
    rng = np.random.default_rng(3)
    trials = [
        told(make_trial, n, float(rng.uniform(5, 15)), {"arm": "ab"[n % 2], "kind": "edit", "island": 1})
        for n in range(1, 40)
    ]
    for trial in trials:
        one.tell(COST, trial)
    for trial in trials:
        other.tell(COST, trial)
    asked = Selection("p" * 64, ("q" * 64,), {"island": 2})
    picks = [ensemble.choose(asked, np.random.default_rng(5), ()) for ensemble in (one, other)]
    assert picks[0] == picks[1]
    assert picks[0].target["island"] == 2
    assert {"arm", "kind"} <= picks[0].target.keys()
    assert one.as_plain() == other.as_plain()


def test_only_a_gain_on_the_parent_is_rewarded_in_the_objectives_direction(make_trial: Any) -> None:
    ensemble = started(make_trial)
    ensemble.tell(COST, told(make_trial, 1, 8.0, {"arm": "a", "kind": "edit"}))
    ensemble.tell(COST, told(make_trial, 2, 12.0, {"arm": "b", "kind": "edit"}))
    models = ensemble.as_plain()["models"]
    assert (models["a"]["improved_on_parent"], models["b"]["improved_on_parent"]) == (1, 0)
    assert models["a"]["reward"] == pytest.approx(0.5)


def test_a_fresh_start_that_only_passes_the_initial_program_earns_nothing_later(make_trial: Any) -> None:
    ensemble = started(make_trial)
    for number in range(1, 9):
        ensemble.tell(COST, told(make_trial, number, 4.0 + number / 100, {"arm": "a", "kind": "edit"}))
    fresh = replace(
        told(make_trial, 20, 8.0, {"arm": "b", "kind": "fresh"}),
        selection=Selection(None, (), {"arm": "b", "kind": "fresh"}),
    )
    ensemble.tell(COST, fresh)
    assert ensemble.as_plain()["kinds"]["fresh"]["reward"] == 0.0


def test_where_train_grew_gains_are_on_what_was_measured_again(make_trial: Any) -> None:
    ensemble = started(make_trial)
    ensemble.tell(COST, told(make_trial, 1, 8.0, {"arm": "a", "kind": "edit"}))
    ensemble.tell(COST, told(make_trial, 2, None, {"arm": "b", "kind": "edit"}, reason="exception: x"))
    initial = make_trial(Program.of({"policy.py": "x = 0\n"}), 0, [20.0] * 3)
    ensemble.begin_epoch(COST, [initial])
    one = told(make_trial, 3, 18.0, {"arm": "b", "kind": "edit"})
    child = replace(one, selection=replace(one.selection, parent=initial.program.digest))
    ensemble.tell(COST, child)
    models = ensemble.as_plain()["models"]
    assert (models["a"]["improved_on_parent"], models["b"]["improved_on_parent"]) == (1, 1)
    rng = np.random.default_rng(0)
    kinds = {ensemble.choose(Selection("p" * 64), rng, ()).target["kind"] for _ in range(40)}
    assert "fix" not in kinds  # what failed may have been built on a program that was left behind


def test_a_crossover_needs_another_parent_and_a_fresh_start_has_none(make_trial: Any) -> None:
    ensemble = started(make_trial)
    rng = np.random.default_rng(0)
    alone = [ensemble.choose(Selection("p" * 64), rng, ()) for _ in range(60)]
    kinds = Counter(one.target["kind"] for one in alone)
    assert kinds.keys() == {"edit", "fresh"}
    assert {one.parent for one in alone if one.target["kind"] == "fresh"} == {None}
    several = [ensemble.choose(Selection("p" * 64, ("q" * 64,)), rng, ()) for _ in range(60)]
    assert {one.target["kind"] for one in several} == {"edit", "fresh", "crossover"}
    assert {one.inspirations for one in several if one.target["kind"] == "crossover"} == {("q" * 64,)}
    idea = [ensemble.choose(Selection("p" * 64, (), {"idea": 1}), rng, ()).target["kind"] for _ in range(9)]
    assert set(idea) == {"fresh"}


def test_a_failed_candidate_is_given_back_once_to_its_model(make_trial: Any) -> None:
    ensemble = started(make_trial, repairs=1)
    target = {"arm": "b", "kind": "edit", "island": 3}
    for number in range(1, 8):
        ensemble.tell(COST, told(make_trial, number, 9.0, {"arm": "a", "kind": "edit"}))
    ensemble.tell(COST, told(make_trial, 8, None, target, reason="exception: ZeroDivisionError"))
    rng = np.random.default_rng(0)
    fix = ensemble.choose(Selection("z" * 64), rng, ())
    assert fix.target == {"arm": "b", "kind": "fix", "island": 3, "repairs": 8, "turn": 1}
    assert "repairs" not in ensemble.choose(Selection("z" * 64), rng, (fix,)).target
    ensemble.tell(COST, replace(told(make_trial, 9, None, {}, reason="timeout: slow"), selection=fix))
    assert "repairs" not in ensemble.choose(Selection("z" * 64), rng, ()).target


@pytest.mark.parametrize(("reason", "repairs"), [("forbidden: import os", 1), ("exception: x", 0)])
def test_what_cannot_be_put_right_is_left(make_trial: Any, reason: str, repairs: int) -> None:
    ensemble = started(make_trial, repairs=repairs)
    for number in range(1, 9):
        ensemble.tell(COST, told(make_trial, number, None, {"arm": "a", "kind": "edit"}, reason=reason))
    assert "repairs" not in ensemble.choose(Selection(None), np.random.default_rng(0), ()).target


def test_fixes_never_take_more_than_their_share(make_trial: Any) -> None:
    ensemble, rng = started(make_trial, repairs=10), np.random.default_rng(0)
    fixes = 0
    for number in range(1, 101):
        selection = ensemble.choose(Selection(None), rng, ())
        fixes += "repairs" in selection.target
        failed = replace(told(make_trial, number, None, {}, reason="crash: gone"), selection=selection)
        ensemble.tell(COST, failed)
    assert 15 <= fixes <= 100 * FIX_SHARE + 1


def test_every_model_with_every_effort_is_an_arm(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {
        "models": ["one", {"model": "two", "efforts": ["low"], "temperature": 0.5}],
        "efforts": ["low", "high"],
        "base_url": "http://localhost/v1",
    }
    models = Models(LLMOptions.of(options))
    assert models.arms == ("one@low", "one@high", "two@low")
    assert [one.temperature for one in LLMOptions.of(options).each()] == [None, 0.5]
    assert not models.priced
    with pytest.raises(ConfigError, match="price of the model 'one' is not known"):
        models.require_prices(1.0)
    with pytest.raises(ConfigError, match="'one' is named twice"):
        Models(LLMOptions.of({**options, "models": ["one", "one"]}))
    with pytest.raises(ConfigError, match="each once"):
        LLMOptions.of({**options, "kinds": []})


def test_what_the_strategy_has_said_how_to_make_is_left_to_it(make_trial: Any) -> None:
    ensemble = started(make_trial)
    asked = Selection("p" * 64, (), {"edit": "tuned", "island": 1})
    assert ensemble.choose(asked, np.random.default_rng(0), ()) == asked
    numbered = Selection("p" * 64, (), {"chain": 1, "edit": 2})
    assert "arm" in ensemble.choose(numbered, np.random.default_rng(0), ()).target


def test_weights_of_a_person_make_arms_likelier_or_turn_them_off() -> None:
    bandit = Bandit(["a", "b", "c"])
    bandit.weights = {"a": 0.0, "b": 3.0}
    found = chosen(bandit)
    assert found["a"] == 0
    assert found["b"] > 2 * found["c"] > 0


def test_an_arm_that_is_turned_off_is_not_asked_to_put_right_what_it_broke(make_trial: Any) -> None:
    ensemble = Ensemble(["a", "b"], ["edit", "crossover"])
    told_all = [told(make_trial, n, 1.0, {"arm": "b", "kind": "edit"}) for n in range(8)]
    for trial in told_all:
        ensemble.tell(COST, trial)
    ensemble.tell(COST, told(make_trial, 9, None, {"arm": "a", "kind": "edit"}, reason="exception: x"))
    rng = np.random.default_rng(0)
    assert ensemble.choose(Selection("z" * 64), rng, ()).target["kind"] == "fix"

    ensemble.reweight({"a": 0.0, "edit": 0.0})
    picks = [ensemble.choose(Selection("z" * 64, ("q" * 64,)), rng, ()) for _ in range(40)]
    assert {(pick.target["arm"], pick.target["kind"]) for pick in picks} == {("b", "crossover")}
    assert ensemble.shares() == {"a %": 0, "b %": 100, "edit %": 0, "crossover %": 100}

    ensemble.reweight({})
    assert ensemble.choose(Selection("z" * 64), rng, ()).target["kind"] == "fix"


def test_arms_that_can_be_weighed_need_no_key_and_one_of_each_choice_stays() -> None:
    options = {"models": ["x", {"model": "y", "efforts": ["low", "high"]}]}
    assert LLMProposer.weighed(options, {"y@low": 0.0, "fresh": 2}) == {
        "x": 1.0, "y@low": 0.0, "y@high": 1.0, "edit": 1.0, "crossover": 1.0, "fresh": 2.0,
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"turns every model off \(x, y@low, y@high\)"):
        LLMProposer.weighed(options, dict.fromkeys(("x", "y@low", "y@high"), 0.0))
    with pytest.raises(ConfigError, match=r"no arm 'y@lo'.*Did you mean 'y@low'"):
        LLMProposer.weighed(options, {"y@lo": 2.0})
    with pytest.raises(ConfigError, match="between 0 and 1000, not -1"):
        LLMProposer.weighed(options, {"x": -1})
