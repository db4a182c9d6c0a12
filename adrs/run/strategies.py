"""The strategy that a configuration asks for."""

from __future__ import annotations

from adrs.model.problem import Problem
from adrs.plugins import registry
from adrs.run.config import RunConfig
from adrs.search.contract import SearchSpace, Strategy
from adrs.search.tuner import Tuned


def build_strategy(config: RunConfig, problem: Problem, initial: str) -> Strategy:
    """Return a new strategy, with the tuner beside it where that has a share of the trials.

    Args:
        config: of the run.
        problem: what is searched.
        initial: digest of the initial program.

    Raises:
        ConfigError: there is no such strategy, or an option of it is wrong.
    """
    space = SearchSpace(objectives=problem.spec.objective, initial=initial)
    strategy: Strategy = registry.strategy(config.strategy.name)(space, config.strategy.options)
    return Tuned(strategy, config.tune) if config.tune > 0 else strategy
