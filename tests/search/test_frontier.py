import numpy as np
import pytest

from adrs.search.frontier import Frontier
from adrs.testing.trials import MAXIMIZE, MINIMIZE, toy_evaluation


def filled(*vectors, capacity=64, objective=MAXIMIZE):
    frontier = Frontier(objective, capacity)
    taken = [frontier.add(*entry(str(place), vector, objective)) for place, vector in enumerate(vectors)]
    return frontier, taken


def entry(name, vector, objective=MAXIMIZE):
    evaluation = toy_evaluation([float(value) for value in vector], objective=objective)
    return name, objective.sign * evaluation.objectives[objective.name], evaluation


def names(frontier):
    return [member.digest for member in frontier._members]


def test_what_is_no_better_anywhere_is_not_taken_and_what_is_worse_everywhere_goes():
    frontier, taken = filled((1, 1, 1), (1, 1, 1), (0, 1, 1), (3, 0, 0), (2, 2, 2), (0, 0, 3))
    assert taken == [True, False, False, True, True, True]
    assert names(frontier) == ["3", "4", "5"]
    assert frontier.specialists == 3


def test_smaller_is_better_where_the_objective_says_so():
    frontier, taken = filled((5, 5), (4, 6), (6, 6), (1, 1), objective=MINIMIZE)
    assert taken == [True, True, False, True]
    assert names(frontier) == ["3"]
    assert frontier.best.value == -1


def test_a_full_frontier_drops_who_wins_least_and_never_the_best():
    vectors = [(9, 0, 0, 0), (0, 9, 0, 0), (0, 0, 9, 0), (8, 8, 8, 0)]
    frontier, taken = filled(*vectors, (1, 1, 1, 0.5), capacity=4)
    assert taken == [True, True, True, True, False]
    assert names(frontier) == ["0", "1", "2", "3"]
    assert frontier.best.digest == "3"
    crowded, _ = filled(*vectors, (8, 8, 8, 9), (7, 7, 9.5, 1), capacity=2)
    assert crowded.best.digest == "4"
    assert len(crowded) == 2


def test_specialists_and_compromises_are_both_drawn():
    frontier, _ = filled((9, 0), (0, 9), (6, 6))
    rng = np.random.default_rng(0)
    drawn = [frontier.draw_specialist(rng).digest for _ in range(300)]
    assert {"0", "1", "2"} == set(drawn)


def test_a_complement_is_better_where_the_program_is_weak():
    frontier, _ = filled((9, 9, 9, 9, 0, 0, 0, 0), (0, 0, 0, 0, 9, 9, 9, 9), (8, 8, 8, 8, 1, 1, 1, 1))
    rng = np.random.default_rng(0)
    assert {frontier.draw_complement("0", rng).digest for _ in range(50)} == {"1"}
    assert {frontier.draw_complement("1", rng).digest for _ in range(50)} == {"0"}


def test_the_seldom_built_on_come_first():
    frontier, _ = filled((9, 0), (0, 9))
    for _ in range(5):
        frontier.note_child("0")
    frontier.note_child("unknown")
    rng = np.random.default_rng(0)
    drawn = [frontier.draw_fresh(rng).digest for _ in range(400)]
    assert drawn.count("1") > 250
    assert [frontier.draw_fresh(rng, {"1"}).digest for _ in range(400)].count("0") > 250


@pytest.mark.parametrize("odd", [(4.0, 4.0), (4.0,) * 5])
def test_a_program_measured_on_other_workloads_counts_its_aggregate(odd):
    frontier, taken = filled((5, 1, 3), odd)
    assert taken == [True, True]
    assert list(frontier._members[1].vector) == [4.0] * 3
