"""What comes with adrs, through the same hooks as any plug-in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from adrs import bundle
from adrs.plugins.hookspecs import hookimpl


@hookimpl
def adrs_strategies() -> Mapping[str, str]:
    """Return the strategies that come with adrs."""
    return {
        "adaptive": "adrs.search.adaptive:Adaptive",
        "best_of_n": "adrs.search.best_of_n:BestOfN",
        "hill_climb": "adrs.search.hill_climb:HillClimb",
        "map_elites": "adrs.search.map_elites:MapElites",
        "pareto": "adrs.search.pareto:Pareto",
        "tuner": "adrs.search.tuner:Tuner",
    }


@hookimpl
def adrs_proposers() -> Mapping[str, str]:
    """Return the proposers that come with adrs."""
    return {
        "llm": "adrs.proposer.llm:LLMProposer",
        "syntax": "adrs.proposer.syntax:SyntaxProposer",
        "tuner": "adrs.proposer.tuner:TunerProposer",
    }


@hookimpl
def adrs_problems() -> Iterable[Path]:
    """Return the bundled problems' folders."""
    return sorted(path.parent for path in (bundle.root() / "problems").glob("*/problem.toml"))
