import numpy as np
import pytest

from adrs.errors import ConfigError
from adrs.model.trial import Selection, TellStatus, TrialState
from adrs.search.best_of_n import BestOfN
from adrs.search.contract import SearchSpace
from adrs.search.hill_climb import HillClimb
from adrs.testing.trials import MAXIMIZE, MINIMIZE, toy_evaluation, toy_program, toy_trial

SPACE = SearchSpace((MINIMIZE,), toy_program("initial").digest)
RNG = np.random.default_rng(0)


def first(objective=MINIMIZE):
    evaluation = toy_evaluation([50.0], objective=objective)
    return toy_trial(0, Selection(None), program=toy_program("initial"), evaluation=evaluation)


def ended(number: int, selection: Selection, cost: float, state=TrialState.COMPLETED, objective=MINIMIZE):
    return toy_trial(number, selection, state=state, evaluation=toy_evaluation([cost], objective=objective))


def digest(number: int) -> str:
    return toy_program(f"trial {number}").digest


def test_samples_are_independent_whatever_was_found():
    strategy = BestOfN(SPACE, {})
    strategy.tell(first())
    chains = set()
    for number in range(1, 30):
        selection = strategy.ask(number, RNG, ())
        assert selection.parent == SPACE.initial
        assert selection.inspirations == ()
        chains.add(selection.target["chain"])
        strategy.tell(ended(number, selection, 50 - number))
    assert len(chains) == 29


def test_chains_are_followed_for_better_or_worse_up_to_their_depth():
    strategy = BestOfN(SPACE, {"depth": 3})
    strategy.tell(first())
    seen = []
    for number in range(1, 8):
        selection = strategy.ask(number, RNG, ())
        seen.append((selection.parent, selection.target["chain"], selection.target["edit"]))
        strategy.tell(ended(number, selection, 100 + number))
    initial = SPACE.initial
    assert seen == [
        (initial, 0, 1),
        (digest(1), 0, 2),
        (digest(2), 0, 3),
        (initial, 1, 1),
        (digest(4), 1, 2),
        (digest(5), 1, 3),
        (initial, 2, 1),
    ]


def test_a_failed_edit_is_one_without_effect_so_no_chain_gets_stuck():
    strategy = BestOfN(SPACE, {"depth": 3})
    strategy.tell(first())
    parents = []
    for number in range(1, 7):
        selection = strategy.ask(number, RNG, ())
        parents.append(selection.parent)
        state = TrialState.COMPLETED if number == 1 else TrialState.FAILED
        strategy.tell(ended(number, selection, 10, state))
    assert parents == [SPACE.initial, digest(1), digest(1), SPACE.initial, SPACE.initial, SPACE.initial]


def test_chains_in_flight_are_left_alone_and_few_stay_open():
    strategy = BestOfN(SPACE, {"depth": 4})
    strategy.tell(first())
    flying = []
    for number in range(1, 400):
        selection = strategy.ask(number, RNG, [s for _, s in flying])
        assert selection.target["chain"] not in {s.target["chain"] for _, s in flying}
        flying.append((number, selection))
        if len(flying) == 8:
            strategy.tell(ended(*flying.pop(number % 8), 10))
    assert strategy.health()["chains_open"] <= 8
    assert strategy.health()["chains"] >= 390 // 4


def test_the_best_sample_is_noted():
    strategy = BestOfN(SPACE, {})
    strategy.tell(first())
    costs = (60, 40, 40, 45, 30)
    statuses = [strategy.tell(ended(n, strategy.ask(n, RNG, ()), cost)) for n, cost in enumerate(costs, 1)]
    assert [status is TellStatus.IMPROVED for status in statuses] == [False, True, False, False, True]


def test_a_climber_stands_on_the_first_of_the_best():
    strategy = HillClimb(SPACE, {})
    strategy.tell(first())
    standing = []
    for number, cost in enumerate((60, 40, 40, 45, 30), 1):
        strategy.tell(ended(number, Selection(SPACE.initial), cost))
        standing.append(strategy.ask(9, RNG, ()).parent)
    assert standing == [SPACE.initial, digest(2), digest(2), digest(2), digest(5)]
    assert strategy.health()["improved"] == 2


def test_a_climber_goes_up_where_up_is_better():
    strategy = HillClimb(SearchSpace((MAXIMIZE,), SPACE.initial), {})
    strategy.tell(first(MAXIMIZE))
    strategy.tell(ended(1, Selection(None), 40, objective=MAXIMIZE))
    strategy.tell(ended(2, Selection(None), 60, objective=MAXIMIZE))
    assert strategy.ask(3, RNG, ()).parent == digest(2)


@pytest.mark.parametrize(
    ("create", "options", "says"),
    [
        (HillClimb, {"depth": 1}, "'hill_climb' has no option 'depth'; it takes none."),
        (BestOfN, {"dept": 1}, r"'best_of_n' has no option 'dept'; it takes depth\. Did you mean 'depth'?"),
        (BestOfN, {"depth": 0}, "'depth' of the strategy 'best_of_n' is 0"),
    ],
)
def test_wrong_options_are_refused(create, options, says):
    with pytest.raises(ConfigError, match=says):
        create(SPACE, options)
