import numpy as np

from adrs.model.trial import Candidate, Selection, TellStatus
from adrs.search.contract import SearchSpace
from adrs.search.map_elites import MapElites
from adrs.search.tuner import MOST, TUNE, Tuned, Tuner
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial

SPACE = SearchSpace((MINIMIZE,), toy_program("initial").digest)
RNG = np.random.default_rng(0)


def ended(number: int, cost: float, selection: Selection, edit: str = TUNE):
    program = toy_program("initial" if number == 0 else f"trial {number}")
    trial = toy_trial(number, selection, program=program, evaluation=toy_evaluation([cost] * 4))
    object.__setattr__(trial, "candidate", Candidate(program, edit))
    return trial


def digest(number: int) -> str:
    return toy_program(f"trial {number}").digest


def test_the_tuner_stays_with_its_program_and_hands_over_what_was_tried():
    strategy = Tuner(SPACE, {})
    strategy.tell(ended(0, 50, Selection(None)))
    for number in range(1, 5):
        selection = strategy.ask(number, RNG, ())
        assert selection.parent == SPACE.initial
        assert selection.inspirations == tuple(digest(n) for n in range(1, number))
        assert selection.target == {"edit": TUNE}
        strategy.tell(ended(number, 50 - number, selection))


def test_what_another_proposer_made_is_not_handed_over():
    strategy = Tuner(SPACE, {})
    strategy.tell(ended(0, 50, Selection(None)))
    selection = strategy.ask(1, RNG, ())
    assert strategy.tell(ended(1, 40, selection, edit="number")) is TellStatus.IMPROVED
    assert strategy.ask(2, RNG, ()).inspirations == ()


def test_it_begins_anew_from_the_best_before_the_history_gets_long():
    strategy = Tuner(SPACE, {})
    strategy.tell(ended(0, 50, Selection(None)))
    for number in range(1, MOST + 1):
        strategy.tell(ended(number, abs(number - 30) + 1, strategy.ask(number, RNG, ())))
    assert strategy.ask(MOST + 1, RNG, ()) == Selection(digest(30), (), {"edit": TUNE})


def test_it_starts_with_the_first_program_that_is_not_tuned_where_that_is_asked_for():
    strategy = Tuner(SPACE, {"start": "first"})
    strategy.tell(ended(0, 50, Selection(None)))
    selection = strategy.ask(1, RNG, ())
    strategy.tell(ended(2, 20, selection))
    assert strategy.ask(3, RNG, ()).parent == SPACE.initial
    strategy.tell(ended(1, 30, selection, edit="baseline"))
    assert strategy.ask(3, RNG, ()) == Selection(digest(1), (), {"edit": TUNE})


def tuned(share: float = 0.5) -> Tuned:
    strategy = Tuned(MapElites(SPACE, {"islands": 2}), share)
    strategy.tell(ended(0, 50, Selection(None), edit="initial"))
    return strategy


def test_the_initial_program_is_left_to_the_search():
    strategy = tuned()
    assert all(TUNE not in strategy.ask(n, RNG, ()).target.values() for n in range(1, 9))


def test_the_best_is_tuned_where_it_lives_and_within_the_share():
    strategy = tuned(0.25)
    strategy.tell(ended(1, 40, Selection(SPACE.initial, (), {"island": 1}), edit="number"))
    tuning = 0
    for number in range(2, 42):
        selection = strategy.ask(number, RNG, ())
        if selection.target.get("edit") == TUNE:
            tuning += 1
            assert selection.parent == digest(1)
            assert selection.target["island"] == 1
        edit = selection.target.get("edit", "number")
        strategy.tell(ended(number, 45, selection, edit=str(edit)))
    assert 8 <= tuning <= 11
    assert strategy.health()["tuned"] == tuning
    assert strategy.health()["tuned_improved"] == 0


def test_trials_in_flight_count_towards_the_share():
    strategy = tuned(0.3)
    strategy.tell(ended(1, 40, Selection(SPACE.initial, (), {"island": 0}), edit="number"))
    pending: list[Selection] = []
    for number in range(2, 12):
        pending.append(strategy.ask(number, RNG, pending))
    assert sum(selection.target.get("edit") == TUNE for selection in pending) <= 4


def test_tuning_goes_on_when_it_helps_and_begins_anew_when_the_search_finds_better():
    strategy = tuned(0.9)
    strategy.tell(ended(1, 40, Selection(SPACE.initial, (), {"island": 0}), edit="number"))
    for number in (2, 3):
        selection = strategy.ask(number, RNG, ())
        assert selection.parent == digest(1)
        strategy.tell(ended(number, 40 - number, selection))
    assert strategy.health()["tuned_improved"] == 2
    assert strategy.ask(4, RNG, ()).inspirations == (digest(2), digest(3))
    strategy.tell(ended(4, 10, Selection(digest(3), (), {"island": 0}), edit="guard"))
    assert strategy.ask(5, RNG, ()) == Selection(digest(4), (), {"island": 0, "edit": TUNE})


def test_a_program_without_constants_is_left_alone_until_there_is_another():
    strategy = tuned(0.9)
    strategy.tell(ended(1, 40, Selection(SPACE.initial, (), {"island": 0}), edit="number"))
    strategy.tell(ended(2, 45, strategy.ask(2, RNG, ()), edit="guard"))  # the tuner had nothing to tune
    assert all(TUNE not in strategy.ask(n, RNG, ()).target.values() for n in range(3, 9))
    strategy.tell(ended(3, 30, Selection(SPACE.initial, (), {"island": 0}), edit="number"))
    assert strategy.ask(4, RNG, ()).parent == digest(3)
