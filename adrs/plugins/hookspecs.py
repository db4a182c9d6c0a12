"""Every hook that a plug-in may implement.

A plug-in is a module or object behind an entry point of the group `adrs`:

    [project.entry-points.adrs]
    my_plugin = "my_package.adrs_plugin"

    # my_package/adrs_plugin.py
    from adrs.plugins.hookspecs import hookimpl

    @hookimpl
    def adrs_strategies():
        return {"simulated_annealing": "my_package.annealing:Annealing"}

Classes are named as text, `module:Class`, and imported when used: until then a plug-in costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pluggy

PROJECT = "adrs"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def adrs_strategies() -> Mapping[str, str]:  # type: ignore[empty-body]  # pluggy calls the implementations
    """Return strategies by name: `module:Class` of subclasses of `adrs.search.contract.Strategy`."""


@hookspec
def adrs_proposers() -> Mapping[str, str]:  # type: ignore[empty-body]
    """Return proposers by name: `module:Class` of subclasses of `adrs.proposer.contract.Proposer`."""


@hookspec
def adrs_problems() -> Iterable[Path]:  # type: ignore[empty-body]
    """Return folders of problems, each with its `problem.toml`."""
