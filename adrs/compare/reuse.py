"""Which runs of an archive did what is asked for, so that they need not be made again."""

from __future__ import annotations

from adrs.errors import ConfigError
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.plugins.digest import search_digest
from adrs.run.config import RunConfig, resolve

_HOW = {"workers", "in_flight"}
"""Keys of a configuration that say how a run is worked on, and not what it is asked to do."""


def did(run: RunRecord, problem: Problem, config: RunConfig) -> bool:
    """Say whether a run was asked for the same, of the same problem, and searched by the same code.

    Args:
        run: from an archive.
        problem: as it is now.
        config: what is asked for.
    """
    searched_by = search_digest(config.strategy.name, config.proposer.name)
    return run.search_digest == searched_by and was_asked(run, problem, config)


def was_asked(run: RunRecord, problem: Problem, config: RunConfig) -> bool:
    """Say whether a run was asked for the same, whatever code searched; see `did`."""
    if run.problem_digest != problem.digest or run.seed != config.seed:
        return False
    try:
        asked = resolve(run.config)
    except ConfigError:  # of an adrs that knew other keys
        return False
    return asked.model_dump(mode="json", exclude=_HOW) == config.model_dump(mode="json", exclude=_HOW)
