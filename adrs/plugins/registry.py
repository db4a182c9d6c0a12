"""Names of strategies, proposers and problems; what they stand for is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pluggy

from adrs.errors import ConfigError, did_you_mean
from adrs.plugins import builtin, hookspecs


class Registry:
    """The built-in names and those of plug-ins."""

    def __init__(self, plugins: Iterable[object] = (), *, entry_points: bool = False) -> None:
        """Register the built-in names, then the plug-ins'.

        Args:
            plugins: modules or objects with hook implementations.
            entry_points: whether to load the installed plug-ins as well.

        Raises:
            ConfigError: a plug-in cannot be loaded, or implements a hook that does not exist.
        """
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._manager.register(builtin, "adrs")
        try:
            for plugin in plugins:
                self._manager.register(plugin)
            if entry_points:
                self._manager.load_setuptools_entrypoints(hookspecs.PROJECT)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ImportError, AttributeError) as error:
            raise ConfigError(
                f"A plug-in of adrs cannot be loaded: {error}. Upgrade or uninstall it."
            ) from error

    def strategy(self, name: str) -> Any:
        """Return the class of a strategy.

        Raises:
            ConfigError: there is none of that name, or it cannot be imported.
        """
        return self._load("strategy", name, self.strategies())

    def proposer(self, name: str) -> Any:
        """Return the class of a proposer.

        Raises:
            ConfigError: there is none of that name, or it cannot be imported.
        """
        return self._load("proposer", name, self.proposers())

    def strategies(self) -> Mapping[str, str]:
        """Return `module:Class` of every strategy by name."""
        return self._merge("strategy", self._manager.hook.adrs_strategies())

    def proposers(self) -> Mapping[str, str]:
        """Return `module:Class` of every proposer by name."""
        return self._merge("proposer", self._manager.hook.adrs_proposers())

    def problem_folders(self) -> list[Path]:
        """Return the folders of all problems that are known by name, bundled ones first."""
        found = self._manager.hook.adrs_problems()
        return [Path(folder) for folders in reversed(found) for folder in folders]

    def _merge(self, kind: str, answers: list[Mapping[str, str]]) -> dict[str, str]:
        merged: dict[str, str] = {}
        for answer in reversed(answers):  # pluggy answers last registered first
            for name, target in answer.items():
                if merged.setdefault(name, target) != target:
                    raise ConfigError(
                        f"Two plug-ins bring a {kind} named {name!r}, {merged[name]} and {target}; "
                        "uninstall one of them."
                    )
        return dict(sorted(merged.items()))

    def _load(self, kind: str, name: str, known: Mapping[str, str]) -> Any:
        if name not in known:
            raise ConfigError(
                f"There is no {kind} {name!r}; known are {', '.join(known)}.{did_you_mean(name, known)}"
            )
        return load(known[name], f"The {kind} {name!r}")


def load(target: str, what: str) -> Any:
    """Import `module:Class`.

    Args:
        target: what to import.
        what: how a sentence about it begins.

    Raises:
        ConfigError: it cannot be imported.
    """
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{what} cannot be loaded from {target}: {error}.") from error


@cache
def installed() -> Registry:
    """Return the registry with every plug-in that is installed."""
    return Registry(entry_points=True)


def strategy(name: str) -> Any:
    """Return the class of a strategy; see `Registry.strategy`."""
    return installed().strategy(name)


def proposer(name: str) -> Any:
    """Return the class of a proposer; see `Registry.proposer`."""
    return installed().proposer(name)


def sandbox(name: str) -> Any:
    """Return a sandbox that was seen to work here.

    The room of sandboxes knows its own names and what `auto` means on this machine; it stands above this one
    and is therefore named as text.

    Raises:
        ConfigError: there is none of that name.
        SandboxUnavailable: it does not work here.
    """
    return load("adrs.sandbox.registry:sandbox", "Sandboxes")(name)
