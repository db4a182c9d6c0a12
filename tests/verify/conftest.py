from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import adrs
from adrs.archive.store import Archive
from adrs.model.problem import Problem
from adrs.plugins.problems import find_problem
from adrs.sandbox import registry
from adrs.sandbox.contract import Sandbox
from adrs.verify.bundle.making import export
from adrs.verify.lineage import find_subject
from adrs.verify.sealed import verify

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


@pytest.fixture(scope="session")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one small run of flow_shop, whose champion was verified."""
    folder = tmp_path_factory.mktemp("verified")
    adrs.evolve("flow_shop", runs=folder, seed=1, workers=2, budget={"trials": 12}, confirm=False)
    with Archive.open(folder) as archive:
        subject = find_subject(archive, "last")
        asyncio.run(verify(archive, subject, sandbox=registry.sandbox("auto"), workers=2))
    return folder


@pytest.fixture(scope="session")
def exported(verified: Path) -> bytes:
    """The bundle of that verification."""
    with Archive.open(verified) as archive:
        return export(archive, find_subject(archive, "last"))
