"""AI-Driven Research for Systems: evolve algorithms against verifiers whose scores can be trusted."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adrs.errors import AdrsError as AdrsError
    from adrs.errors import UserError as UserError
    from adrs.model.budget import Budget as Budget
    from adrs.model.evaluation import Evaluation as Evaluation
    from adrs.model.problem import Problem as Problem
    from adrs.model.program import Program as Program
    from adrs.model.trial import Trial as Trial
    from adrs.plugins.problems import find_problem as find_problem
    from adrs.run.api import evolve as evolve
    from adrs.run.api import open_run as open_run

__version__ = "0.1.0"

_HOMES = {
    "AdrsError": "adrs.errors",
    "UserError": "adrs.errors",
    "Budget": "adrs.model.budget",
    "Evaluation": "adrs.model.evaluation",
    "Problem": "adrs.model.problem",
    "Program": "adrs.model.program",
    "Trial": "adrs.model.trial",
    "evolve": "adrs.run.api",
    "find_problem": "adrs.plugins.problems",
    "open_run": "adrs.run.api",
}
"""Where each public name lives; it is imported when it is used, so that `adrs --help` stays fast."""

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'adrs' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
