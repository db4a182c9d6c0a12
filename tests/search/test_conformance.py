from collections.abc import Mapping

import pytest

pytest.register_assert_rewrite("adrs.testing.strategies")

from adrs.search.adaptive import Adaptive  # noqa: E402
from adrs.search.best_of_n import BestOfN  # noqa: E402
from adrs.search.contract import SearchSpace, Strategy  # noqa: E402
from adrs.search.hill_climb import HillClimb  # noqa: E402
from adrs.search.map_elites import MapElites  # noqa: E402
from adrs.search.pareto import Pareto  # noqa: E402
from adrs.search.tuner import Tuned, Tuner  # noqa: E402
from adrs.testing.strategies import StrategyConformance  # noqa: E402


class TestMapElites(StrategyConformance):
    part = "island"
    no_exchange: Mapping[str, object] = {"migrate_every": 0}

    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return MapElites(space, options)


class TestMapElitesThatMigratesOften(TestMapElites):
    many = 2_000
    options: Mapping[str, object] = {
        "islands": 3,
        "migrate_every": 2,
        "bins": 3,
        "exploit": 0.1,
        "inspirations": 5,
    }


class TestMapElitesWithOneIsland(TestMapElites):
    many = 2_000
    options: Mapping[str, object] = {"islands": 1, "place_by": "none"}


class TestMapElitesByResults(TestMapElites):
    many = 2_000
    options: Mapping[str, object] = {"place_by": "results"}


class TestHillClimb(StrategyConformance):
    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return HillClimb(space, options)


class TestBestOfN(StrategyConformance):
    part = "chain"

    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return BestOfN(space, options)


class TestBestOfNInChains(TestBestOfN):
    many = 2_000
    options: Mapping[str, object] = {"depth": 5}


class TestPareto(StrategyConformance):
    options: Mapping[str, object] = {"capacity": 8}

    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return Pareto(space, options)


class TestAdaptive(StrategyConformance):
    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return Adaptive(space, options)


class TestAdaptiveThatTurnsOften(TestAdaptive):
    many = 2_000
    options: Mapping[str, object] = {"directions": 2, "patience": 2, "capacity": 3, "place_by": "results"}


class TestTuner(StrategyConformance):
    many = 1_000

    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return Tuner(space, options)


class TestMapElitesWithATuner(StrategyConformance):
    many = 2_000

    def create(self, space: SearchSpace, options: Mapping[str, object]) -> Strategy:
        return Tuned(MapElites(space, options), 0.3)
