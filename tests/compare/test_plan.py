import json

import pytest

from adrs.compare.plan import SAMPLING, declare, make_plan, run_config
from adrs.errors import ConfigError

PROBLEMS = {"flow_shop": "flow_shop", "eplb": "eplb"}


def planned(strategies=("adaptive", "pareto"), *, seeds=3, **more):
    return make_plan(PROBLEMS, strategies, seeds=seeds, trials=20, **{"against": None, **more})


def test_controls_always_run_and_each_arm_once():
    plan = planned(("hill_climb", "map_elites", "hill_climb"))
    assert plan.arms == ("hill_climb", "map_elites", "best_of_n", "tuned initial", "tuned baseline")
    assert plan.against == "best_of_n"
    cells = plan.cells()
    assert len(set(cells)) == len(cells) == 3 * 2 * 5


def test_seeds_are_interleaved_and_the_order_of_arms_turns():
    cells = planned().cells()
    assert [seed for seed, _, _ in cells] == sorted(seed for seed, _, _ in cells)
    orders = [[a for s, p, a in cells if (s, p) == (seed, "eplb")] for seed in range(3)]
    assert len({order[0] for order in orders}) == 3
    assert all(order[-1] == SAMPLING for order in orders), "its depth follows the candidate"


def test_the_default_strategy_needs_more_seeds():
    assert planned().seeds_needed == 10
    assert planned(("map_elites",)).seeds_needed == 20
    assert planned(("adaptive", "map_elites"), against="map_elites").seeds_needed == 20
    assert "there will be none" in planned().declaration()
    assert "there will be none" not in planned(seeds=10).declaration()


def test_what_is_not_tested_may_have_fewer_seeds_and_the_declaration_says_so():
    plan = planned(("map_elites", "pareto"), seeds=3, against="hill_climb", other_seeds=1)
    assert {arm for seed, _, arm in plan.cells() if seed == 2} == {"map_elites", "hill_climb"}
    assert len(plan.cells()) == 2 * (3 * 2 + 4)
    said = plan.declaration()
    assert "Runs: 20 = 2 problems x 2 arms x 3 seeds + 2 x 4 x 1, of 20 trials" in said
    assert "Of 1 seeds only: pareto, best_of_n, tuned initial, tuned baseline." in said
    assert planned(seeds=3, other_seeds=3) == planned(seeds=3)


def test_each_arm_is_a_run_of_its_own_kind_with_the_same_budget():
    plan = planned(overrides=("proposer.options.paired=0.3", "tune=0.1"))

    def config(arm, **more):
        return run_config(plan, 2, "eplb", arm, **{"depth": 5, "baseline": "LPT", **more})

    for arm in plan.arms:
        assert (config(arm).seed, config(arm).budget.trials, config(arm).confirm) == (2, 20, False)
    assert config("best_of_n").strategy.options == {"depth": 5}
    assert config("adaptive").proposer.options == {"paired": 0.3}
    assert config("tuned initial").strategy.options == {"start": "initial"}
    assert config("tuned initial").proposer.name == "tuner"
    assert config("tuned baseline").proposer.options == {"baseline": "LPT"}
    assert config("tuned baseline").strategy.options == {"start": "first"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"strategies": ["adaptiv"]}, "There is no strategy 'adaptiv'"),
        ({"strategies": []}, "No strategy is named"),
        ({"seeds": 0}, "at least 1 seed"),
        ({"other_seeds": 4}, "--other-seeds takes 1 to 3, the number of seeds, not 4"),
        ({"other_seeds": 0}, "--other-seeds takes 1 to 3, the number of seeds, not 0"),
        ({"against": "adaptive"}, "no other arm"),
        ({"against": "nothing"}, "arms are pareto, best_of_n"),
        ({"overrides": ("grow_train=true",)}, "by their scores on the same train workloads"),
        ({"overrides": ("seed=3",)}, "--set seed cannot be given"),
        ({"overrides": ("strategy.options.islands=3",)}, "--set strategy cannot be given"),
        ({"overrides": ("bogus=3",)}, "bogus"),
    ],
)
def test_wrong_plans_are_refused_in_one_sentence(more, says):
    asked = {"strategies": ["adaptive", "pareto"], **more}
    with pytest.raises(ConfigError, match=says) as refusal:
        planned(asked.pop("strategies"), **asked)
    assert "\n" not in str(refusal.value)


def test_what_was_declared_is_not_changed(tmp_path):
    declare(planned(), tmp_path / "out")
    said = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert "Primary test: adaptive against best_of_n" in said["declaration"]
    declare(planned(), tmp_path / "out")
    with pytest.raises(ConfigError, match="declares another comparison"):
        declare(planned(seeds=4), tmp_path / "out")


def test_a_folder_that_holds_no_plan_or_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written: Not a directory"):
        declare(planned(), tmp_path / "file" / "out")
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(ConfigError, match="is no plan"):
        declare(planned(), tmp_path)
