from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adrs.model.problem import Problem
from adrs.plugins.problems import find_problem
from adrs.sandbox import registry
from adrs.sandbox.contract import Sandbox

BROKEN = Path(__file__).with_name("broken")


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return registry.sandbox("auto")


@pytest.fixture
def with_evaluator(tmp_path: Path) -> Callable[[str], Problem]:
    """A problem whose evaluator is the named class of `broken/evaluate.py`."""

    def make(name: str) -> Problem:
        folder = Path(shutil.copytree(BROKEN, tmp_path / name))
        spec = folder / "problem.toml"
        spec.write_text(spec.read_text().replace('"Honest"', f'"{name}"'))
        return find_problem(str(folder))

    return make
