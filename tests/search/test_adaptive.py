from collections import Counter

import numpy as np
import pytest

from adrs.errors import ConfigError
from adrs.model.trial import Selection, TellStatus, TrialState
from adrs.search.adaptive import Adaptive
from adrs.search.contract import SearchSpace
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial

SPACE = SearchSpace((MINIMIZE,), toy_program("initial").digest)


def evaluated(cost: float, a: float = 0.5):
    return toy_evaluation([cost] * 4, measures={"a": a})


def started(**options: object) -> Adaptive:
    strategy = Adaptive(SPACE, options)
    strategy.tell(toy_trial(0, Selection(None), program=toy_program("initial"), evaluation=evaluated(50)))
    return strategy


def told(strategy: Adaptive, number: int, cost: float, target, a: float = 0.5) -> TellStatus:
    selection = Selection(SPACE.initial, (), target)
    return strategy.tell(toy_trial(number, selection, evaluation=evaluated(cost, a)))


def digest(number: int) -> str:
    return toy_program(f"trial {number}").digest


def asked(strategy: Adaptive, count: int = 400) -> list[Selection]:
    return [strategy.ask(number, np.random.default_rng(number), ()) for number in range(count)]


def explored_share(strategy: Adaptive) -> float:
    return sum("explore" in selection.target for selection in asked(strategy)) / 400


def test_it_climbs_while_that_pays_and_explores_once_it_does_not():
    strategy = started(patience=1000)
    for number in range(1, 30):
        told(strategy, number, 50 - number, {"direction": 0})
    assert strategy.exploring == pytest.approx(0.2)
    assert explored_share(strategy) == pytest.approx(0.2, abs=0.06)
    for number in range(30, 200):
        told(strategy, number, 99, {"direction": 0})
    assert strategy.exploring > 0.69
    assert explored_share(strategy) == pytest.approx(0.7, abs=0.06)


def test_a_climb_builds_on_its_own_best():
    strategy = started(explore_most=0.0, explore_least=0.0)
    told(strategy, 1, 40, {"direction": 0}, a=0.1)
    told(strategy, 2, 45, {"direction": 0}, a=0.9)
    assert {selection.parent for selection in asked(strategy)} == {digest(1)}


def test_the_way_to_explore_that_adds_more_is_taken_more_often():
    strategy = started(patience=1000, explore_least=1.0, explore_most=1.0)
    for number in range(1, 200, 2):
        told(strategy, number, 90, {"explore": "specialist"})
        told(strategy, number + 1, 50 - number / 10, {"explore": "cell"})
    modes = Counter(selection.target["explore"] for selection in asked(strategy))
    assert modes["cell"] > 5 * modes["specialist"] > 0


def test_a_new_direction_opens_where_all_have_stalled_and_starts_elsewhere():
    strategy = started(patience=10, directions=2, explore_least=0.0, explore_most=0.0)
    told(strategy, 1, 30, {"direction": 0}, a=0.1)
    told(strategy, 2, 60, {"explore": "cell"}, a=0.9)
    for number in range(3, 14):
        assert strategy.health()["directions"] == (1 if number < 13 else 2)
        told(strategy, number, 99, {"direction": 0})
    assert {s.parent for s in asked(strategy) if s.target["direction"] == 1} == {SPACE.initial}
    assert all(s.inspirations == () for s in asked(strategy) if s.target["direction"] == 1)
    for number in range(20, 31):
        told(strategy, number, 99, {"direction": 1})
    health = strategy.health()
    assert (health["directions"], health["directions_opened"]) == (2, 3)
    assert 1 not in strategy._directions, "the worst made room, the best did not"
    assert strategy._directions[0].best.digest == digest(1)
    assert strategy._directions[2].best.digest == digest(2), "the elite that behaves least like the best"


def test_what_exploring_finds_moves_the_best_direction():
    strategy = started(explore_most=0.0, explore_least=0.0)
    assert told(strategy, 1, 20, {"explore": "cell"}) is TellStatus.IMPROVED
    assert {selection.parent for selection in asked(strategy)} == {digest(1)}


def test_what_failed_is_counted_and_steers_the_rate_alone():
    strategy = started()
    for number in range(1, 40):
        trial = toy_trial(number, Selection(SPACE.initial, (), {"direction": 0}), state=TrialState.FAILED)
        assert strategy.tell(trial) is TellStatus.NOT_ADDED
    health = strategy.health()
    assert (health["failed"], health["cells_filled"], health["frontier"]) == (39, 1, 1)
    assert health["success_rate"] < 0.1


def test_wrong_options_are_refused():
    with pytest.raises(ConfigError, match=r"'adaptive' has no option 'patient'.*Did you mean 'patience'"):
        Adaptive(SPACE, {"patient": 3})
