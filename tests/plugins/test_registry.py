from __future__ import annotations

import inspect
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import adrs
from adrs import bundle
from adrs.errors import ConfigError
from adrs.plugins import registry
from adrs.plugins.digest import search_digest
from adrs.plugins.hookspecs import hookimpl
from adrs.plugins.registry import Registry
from adrs.proposer.contract import Proposer
from adrs.search.contract import Strategy


class Annealing:
    """A plug-in."""

    @hookimpl
    def adrs_strategies(self) -> Mapping[str, str]:
        return {"annealing": "collections:OrderedDict", "lost": "no_such_module:Thing"}

    @hookimpl
    def adrs_problems(self) -> list[Path]:
        return [Path("/somewhere/mine")]


def test_every_built_in_name_loads_what_it_says() -> None:
    for name in registry.installed().strategies():
        assert issubclass(registry.strategy(name), Strategy)
    for name in registry.installed().proposers():
        assert issubclass(registry.proposer(name), Proposer)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no strategy 'map_elits'; known .* Did you mean 'map_elites'"):
        registry.strategy("map_elits")
    with pytest.raises(ConfigError, match="no proposer 'zzz'; known are llm, syntax"):
        registry.proposer("zzz")
    with pytest.raises(ConfigError, match="Did you mean 'bubblewrap'"):
        registry.sandbox("bublewrap")


def test_a_plug_in_brings_names_and_problems() -> None:
    names = Registry([Annealing()])
    assert names.strategy("annealing").__name__ == "OrderedDict"
    assert list(names.strategies()) == sorted(names.strategies())
    folders = names.problem_folders()
    assert folders[-1] == Path("/somewhere/mine")
    assert all(folder.parent == bundle.root() / "problems" for folder in folders[:-1])


def test_what_a_plug_in_names_but_lacks_is_said_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match="'lost' cannot be loaded from no_such_module:Thing: No module"):
        Registry([Annealing()]).strategy("lost")


def test_two_plug_ins_cannot_bring_the_same_name() -> None:
    class Rival:
        @hookimpl
        def adrs_strategies(self) -> Mapping[str, str]:
            return {"map_elites": "rival:MapElites"}

    with pytest.raises(ConfigError, match=r"Two plug-ins bring a strategy named 'map_elites', .* rival:"):
        Registry([Rival()]).strategies()


def test_a_misspelt_hook_is_refused() -> None:
    class Misspelt:
        @hookimpl
        def adrs_stratgies(self) -> Mapping[str, str]:
            return {}

    with pytest.raises(ConfigError, match="adrs_stratgies"):
        Registry([Misspelt()])


def test_the_code_of_a_plug_in_is_part_of_what_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine_searches.py"
    file.write_text("class Mine: ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    class Plugin:
        @hookimpl
        def adrs_strategies(self) -> Mapping[str, str]:
            return {"mine": "mine_searches:Mine"}

    known = Registry([Plugin()])
    monkeypatch.setattr(registry, "installed", lambda: known)

    def digest_of(strategy: str) -> str:
        search_digest.cache_clear()
        return search_digest(strategy, "syntax")

    ours, before = digest_of("map_elites"), digest_of("mine")
    file.write_text("class Mine: ...  # another\n")
    assert digest_of("mine") not in (before, ours)
    assert digest_of("map_elites") == ours == digest_of("hill_climb")
    sys.modules.pop("mine_searches", None)
    search_digest.cache_clear()


def test_other_search_code_has_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tmp_path / "adrs"
    shutil.copytree(Path(adrs.__file__).parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(adrs, "__file__", str(copied / "__init__.py"))
    monkeypatch.setattr(inspect, "getfile", lambda found: str(copied / "search"))

    def now() -> str:
        search_digest.cache_clear()
        return search_digest("map_elites", "llm")

    before = now()
    (copied / "cli" / "run.py").write_text("")
    assert now() == before
    seen = {before}
    for changed in (
        "search/grid.py",
        "proposer/templates/user.j2",
        "run/attempts.py",
        "evaluation/racing.py",
    ):
        with (copied / changed).open("a") as file:
            file.write("\n")
        seen.add(now())
    assert len(seen) == 5
    search_digest.cache_clear()


def test_an_installed_plug_in_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "annealing_plugin.py").write_text(
        "from adrs.plugins.hookspecs import hookimpl\n\n\n"
        "@hookimpl\ndef adrs_proposers():\n    return {'dice': 'random:Random'}\n"
    )
    info = tmp_path / "annealing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: annealing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[adrs]\nannealing = annealing_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Registry(entry_points=True).proposer("dice").__name__ == "Random"
    assert "dice" not in Registry().proposers()
    (info / "entry_points.txt").write_text("[adrs]\nannealing = gone_plugin\n")
    with pytest.raises(ConfigError, match="plug-in of adrs cannot be loaded: No module named 'gone_plugin'"):
        Registry(entry_points=True)
    sys.modules.pop("annealing_plugin", None)
