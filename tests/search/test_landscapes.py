"""Strategies on landscapes whose dynamics are known, over twenty seeds, with the counts declared."""

import functools
import math
from collections.abc import Callable

import pytest

from adrs.search.best_of_n import BestOfN
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.hill_climb import HillClimb
from adrs.search.map_elites import MapElites
from adrs.testing.landscapes import Basins, Expedition, Landscape, Plateau, TwoSteps, Valley, explore

SEEDS = range(20)
TRIALS = 800


def with_grids(space: SearchSpace) -> Strategy:
    return MapElites(space, {})


def climbing(space: SearchSpace) -> Strategy:
    return HillClimb(space, {})


def sampling(space: SearchSpace) -> Strategy:
    return BestOfN(space, {"depth": 8})


@functools.cache
def explored(landscape: type[Landscape], create: Callable[[SearchSpace], Strategy]) -> list[Expedition]:
    return [explore(landscape(), create, trials=TRIALS, seed=seed, in_flight=4) for seed in SEEDS]


def solved(expeditions: list[Expedition]) -> int:
    return sum(found.solved_at is not None for found in expeditions)


@pytest.mark.parametrize("landscape", [Valley, TwoSteps, Plateau])
def test_grids_get_through_where_climbers_are_stuck(landscape: type[Landscape]):
    assert solved(explored(landscape, with_grids)) == 20
    assert solved(explored(landscape, climbing)) == 0


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
