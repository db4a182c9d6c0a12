"""Strategies on landscapes whose dynamics are known, over twenty seeds, with the counts declared."""

import functools
import math
from collections.abc import Callable

import pytest

from adrs.search.adaptive import Adaptive
from adrs.search.best_of_n import BestOfN
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.hill_climb import HillClimb
from adrs.search.map_elites import MapElites
from adrs.search.pareto import Pareto
from adrs.testing.landscapes import Basins, Expedition, Landscape, Plateau, TwoSteps, Valley, explore

SEEDS = range(20)
FEWER = range(4)
TRIALS = 800


def with_grids(space: SearchSpace) -> Strategy:
    return MapElites(space, {})


def adapting(space: SearchSpace) -> Strategy:
    return Adaptive(space, {})


def on_frontier(space: SearchSpace) -> Strategy:
    return Pareto(space, {})


def climbing(space: SearchSpace) -> Strategy:
    return HillClimb(space, {})


def sampling(space: SearchSpace) -> Strategy:
    return BestOfN(space, {"depth": 8})


@functools.cache
def explored(
    landscape: type[Landscape], create: Callable[[SearchSpace], Strategy], seeds: range = SEEDS
) -> list[Expedition]:
    return [explore(landscape(), create, trials=TRIALS, seed=seed, in_flight=4) for seed in seeds]


def solved(expeditions: list[Expedition]) -> int:
    return sum(found.solved_at is not None for found in expeditions)


@pytest.mark.parametrize("landscape", [Valley, TwoSteps, Plateau])
def test_grids_get_through_where_climbers_are_stuck(landscape: type[Landscape]):
    assert solved(explored(landscape, with_grids)) == 20
    assert solved(explored(landscape, climbing)) == 0


@pytest.mark.parametrize(("landscape", "least"), [(Valley, 4), (TwoSteps, 4), (Plateau, 4), (Basins, 3)])
def test_adapting_gets_through_everywhere(landscape: type[Landscape], least: int):
    assert solved(explored(landscape, adapting, FEWER)) >= least


def test_adapting_explores_while_nothing_improves_and_turns_elsewhere():
    for found in explored(Plateau, adapting, FEWER):
        health = found.strategy.health()
        assert health["exploring"] > 0.65
        assert health["directions_opened"] >= health["directions"] == 4
        assert health["cells_filled"] == health["cells"] == 16


def test_a_frontier_keeps_what_wins_elsewhere_and_falls_to_one_where_workloads_agree():
    assert solved(explored(TwoSteps, on_frontier, FEWER)) == 4
    assert all(found.strategy.health()["frontier"] == 5 for found in explored(TwoSteps, on_frontier, FEWER))
    for found in explored(Valley, on_frontier, FEWER):
        assert found.strategy.health()["frontier"] == 1
        assert found.best == 0.6


def test_climbers_end_on_the_near_peak():
    assert {found.best for found in explored(Valley, climbing)} == {0.6}
    assert {found.best for found in explored(TwoSteps, climbing)} == {0.0}


def test_unselected_chains_do_not_find_what_needs_four_gains_at_once():
    assert solved(explored(TwoSteps, sampling)) <= 8
    assert solved(explored(TwoSteps, with_grids)) == 20


def tops_reached(found: Expedition) -> int:
    return sum(any(math.dist(top, kept) <= 2.5 for kept in found.kept.values()) for top, _ in Basins.tops)


def test_grids_keep_basins_and_a_climber_one():
    assert all(tops_reached(found) >= 3 for found in explored(Basins, with_grids))
    assert sum(tops_reached(found) == 4 for found in explored(Basins, with_grids)) >= 16
    assert all(tops_reached(found) == 1 for found in explored(Basins, climbing))


@pytest.mark.parametrize("landscape", [Valley, TwoSteps, Basins])
def test_every_island_is_populated_and_cells_fill(landscape: type[Landscape]):
    for found in explored(landscape, with_grids):
        health = found.strategy.health()
        assert health["islands_populated"] == health["islands"] == 4
        assert health["island_trials_max"] - health["island_trials_min"] <= 1
        assert health["cells_filled_min"] >= 4
        assert health["migrated"] > 0


def test_the_same_seed_walks_the_same_way():
    one, other = (explore(Valley(), with_grids, trials=200, seed=3, in_flight=8) for _ in range(2))
    assert one.selections == other.selections
    assert one.kept == other.kept


def test_more_in_flight_solves_as_well():
    crowded = [explore(Valley(), with_grids, trials=TRIALS, seed=seed, in_flight=32) for seed in SEEDS]
    assert solved(crowded) == 20
