from collections import Counter

import numpy as np
import pytest

from adrs.errors import ConfigError
from adrs.model.trial import Selection, TellStatus, TrialState
from adrs.search.contract import SearchSpace
from adrs.search.map_elites import MapElites
from adrs.testing.histories import INITIAL, History, Outcome
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial

SPACE = SearchSpace((MINIMIZE,), toy_program("initial").digest)


def started(**options: object) -> MapElites:
    strategy = MapElites(SPACE, options)
    strategy.tell(toy_trial(0, Selection(None), program=toy_program("initial"), evaluation=evaluated(50)))
    return strategy


def evaluated(cost: float, a: float = 0.5, b: float = 0.5, complete: bool = True):
    return toy_evaluation([cost] * 4, measures={"a": a, "b": b}, complete=complete)


def told(strategy: MapElites, number: int, cost: float, a: float = 0.5, island: int = 0) -> TellStatus:
    selection = Selection(SPACE.initial, (), {"island": island})
    return strategy.tell(toy_trial(number, selection, evaluation=evaluated(cost, a)))


def digest(number: int) -> str:
    return toy_program(f"trial {number}").digest


def parents(strategy: MapElites, island: int, pending: tuple[Selection, ...] = ()) -> Counter[str | None]:
    asked = [strategy.ask(n, np.random.default_rng(n), pending) for n in range(400)]
    return Counter(selection.parent for selection in asked if selection.target["island"] == island)


def test_the_initial_program_lives_on_every_island():
    strategy = started(islands=5)
    asked = [strategy.ask(n, np.random.default_rng(n), ()) for n in range(5)]
    assert {selection.parent for selection in asked} == {SPACE.initial}
    assert {selection.target["island"] for selection in asked} == set(range(5))
    assert strategy.health()["cells_filled_min"] == 1


def test_a_cell_keeps_its_best_and_of_equals_the_first():
    strategy = started(islands=1)
    assert told(strategy, 1, 60, a=0.9) is TellStatus.NEW
    assert told(strategy, 2, 60, a=0.9) is TellStatus.NOT_ADDED
    assert told(strategy, 3, 70, a=0.9) is TellStatus.NOT_ADDED
    assert digest(1) in parents(strategy, 0)
    assert told(strategy, 4, 55, a=0.9) is TellStatus.IMPROVED
    found = parents(strategy, 0)
    assert digest(4) in found
    assert digest(1) not in found


def test_the_best_is_built_on_as_often_as_asked():
    strategy = started(islands=1, exploit=0.9)
    for number in range(1, 9):
        told(strategy, number, 40 + number, a=number / 9)
    found = parents(strategy, 0)
    assert found[digest(1)] >= 340
    assert len(found) >= 5
    only_best = parents(started(islands=1, exploit=1.0), 0)
    assert set(only_best) == {SPACE.initial}


def test_programs_in_flight_spread_over_islands_and_parents():
    strategy = started(islands=4, migrate_every=0)
    for number in range(1, 41):
        told(strategy, number, 40 + number % 7, a=(number % 10) / 10, island=number % 4)
    pending: list[Selection] = []
    for number in range(41, 57):
        pending.append(strategy.ask(number, np.random.default_rng(number), pending))
    assert set(Counter(selection.target["island"] for selection in pending).values()) == {4}
    of_one = Counter(selection.parent for selection in pending if selection.target["island"] == 0)
    assert len(of_one) >= 3


def test_a_best_that_is_in_flight_makes_room_for_others():
    strategy = started(islands=1, exploit=1.0)
    told(strategy, 1, 40, a=0.1)
    assert set(parents(strategy, 0)) == {digest(1)}
    busy = (Selection(digest(1), (), {"island": 0}),)
    assert parents(strategy, 0, busy)[SPACE.initial] >= 300


def test_migration_copies_each_best_to_the_next_island_only():
    strategy = started(islands=3, migrate_every=3, exploit=1.0)
    assert told(strategy, 1, 10, a=0.1, island=0) is TellStatus.NEW
    assert set(parents(strategy, 1)) <= {SPACE.initial}
    assert told(strategy, 2, 20, a=0.9, island=2) is TellStatus.NEW
    assert strategy.health()["migrated"] == 2
    own = {island: strategy._islands[island].best for island in range(3)}
    assert [own[island].digest for island in range(3)] == [digest(1), digest(1), digest(2)]
    assert len(strategy._islands[0]) == 3  # its own, the initial program, and the copy from island 2


def test_what_is_pruned_failed_or_incomplete_is_counted_and_never_kept():
    strategy = started()
    for number, state in enumerate((TrialState.PRUNED, TrialState.FAILED, TrialState.REJECTED), 1):
        trial = toy_trial(number, Selection(SPACE.initial), state=state, evaluation=evaluated(1))
        assert strategy.tell(trial) is TellStatus.NOT_ADDED
    incomplete = toy_trial(4, Selection(SPACE.initial), evaluation=evaluated(1, complete=False))
    assert strategy.tell(incomplete) is TellStatus.NOT_ADDED
    health = strategy.health()
    assert (health["pruned"], health["failed"], health["rejected"], health["told"]) == (1, 1, 1, 5)
    assert health["cells_filled_max"] == 1
    assert health["islands_populated"] == 0


def test_inspirations_come_from_another_cell_and_another_island():
    strategy = started(islands=2, migrate_every=0, exploit=1.0, inspirations=2)
    told(strategy, 1, 10, a=0.1, island=0)
    told(strategy, 2, 20, a=0.9, island=0)
    for number in (3, 4, 5):
        told(strategy, number, 5, a=0.3, island=1)
    asked = [strategy.ask(6, np.random.default_rng(seed), ()) for seed in range(200)]
    assert {(selection.parent, selection.target["island"]) for selection in asked} == {(digest(1), 0)}
    assert all(selection.parent not in selection.inspirations for selection in asked)
    assert Counter(selection.inspirations[0] for selection in asked)[digest(2)] >= 180
    assert sum(digest(3) in selection.inspirations for selection in asked) >= 120


def test_results_place_programs_when_there_are_no_measures():
    strategy = MapElites(SPACE, {"islands": 1})
    cells = ["small"] * 4 + ["large"] * 4

    def tell(number: int, values: list[float]) -> TellStatus:
        evaluation = toy_evaluation(values, cells=cells[: len(values)])
        program = toy_program("initial") if number == 0 else None
        return strategy.tell(toy_trial(number, Selection(None), program=program, evaluation=evaluation))

    assert tell(0, [10.0] * 8) is TellStatus.NEW
    assert tell(1, [5.0] * 4 + [20.0] * 4) is TellStatus.NEW  # better on small ones only
    assert tell(2, [20.0] * 4 + [5.0] * 4) is TellStatus.NEW  # better on large ones only
    assert tell(3, [20.0] * 4 + [6.0] * 4) is TellStatus.NOT_ADDED
    assert tell(4, [9.0] * 8) is TellStatus.NEW  # better everywhere alike
    assert tell(5, [2.0] * 8) is TellStatus.IMPROVED  # the same behaviour, only more of it
    assert tell(6, [1.0] * 5) is TellStatus.IMPROVED  # other workloads: to the middle, with the initial one
    assert strategy.health()["cells"] == 64


def test_one_cell_where_nothing_places():
    strategy = started(place_by="none", islands=1)
    assert told(strategy, 1, 60, a=0.9) is TellStatus.NOT_ADDED
    assert told(strategy, 2, 40, a=0.1) is TellStatus.IMPROVED
    assert strategy.health()["cells"] == 1


@pytest.mark.parametrize("odd", [float("nan"), -3.0, 7.0, float("inf")])
def test_a_measure_outside_its_range_goes_to_the_nearest_end(odd: float):
    strategy = started(islands=1)
    assert told(strategy, 1, 60, a=odd) is TellStatus.NEW
    assert told(strategy, 2, 60, a=1.0 if odd > 0 else 0.0) is TellStatus.NOT_ADDED


def test_an_objective_that_is_no_number_is_not_kept():
    strategy = started()
    broken = evaluated(1)
    for value in (float("nan"), float("inf"), -float("inf")):
        broken.objectives["cost"] = value
        trial = toy_trial(1, Selection(SPACE.initial), evaluation=broken)
        assert strategy.tell(trial) is TellStatus.NOT_ADDED


def test_bins_follow_the_number_of_measures():
    counted = {}
    for measures in range(1, 8):
        strategy = MapElites(SPACE, {})
        evaluation = toy_evaluation([1.0], measures={f"m{i}": 0.5 for i in range(measures)})
        strategy.tell(toy_trial(0, Selection(None), program=toy_program("initial"), evaluation=evaluation))
        counted[measures] = strategy.health()["cells"]
    assert counted == {1: 16, 2: 64, 3: 64, 4: 81, 5: 32, 6: 64, 7: 128}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"island": 3}, "no option 'island'; it takes islands, .* Did you mean 'islands'?"),
        (
            {"islands": 0},
            "'islands' of the strategy 'map_elites' is 0: input should be greater than or equal to 1",
        ),
        (
            {"exploit": "much"},
            "'exploit' of the strategy 'map_elites' is 'much': input should be a valid number",
        ),
        ({"exploit": float("nan")}, "'exploit' .* is nan"),
        ({"place_by": "length"}, "'place_by' .* is 'length': input should be 'auto', 'measures'"),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(options: dict[str, object], says: str):
    with pytest.raises(ConfigError, match=says) as refusal:
        MapElites(SPACE, options)
    assert "\n" not in str(refusal.value)


def test_numbers_may_come_as_text():
    assert MapElites(SPACE, {"islands": "7", "exploit": "0.25"}).options.islands == 7


def test_trials_of_other_options_find_an_island():
    history = History()
    strategy = MapElites(history.space, {"islands": 2})
    history.start(strategy)
    for number, target in enumerate(({"island": 9}, {"island": -1}, {}, {"island": "x"}), 1):
        trial = toy_trial(number, Selection(None, (), target))
        better = INITIAL._replace(value=40 - number)
        assert history.finish(strategy, trial, better) is not TellStatus.NOT_ADDED
    assert history.finish(strategy, toy_trial(9, Selection(None)), Outcome(TrialState.FAILED, 1, 0, (0, 0)))
    assert strategy.health()["islands_populated"] == 2
