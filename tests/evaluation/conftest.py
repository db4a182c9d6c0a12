from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from adrs.evaluation.pool import Source
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox import registry
from adrs.sandbox.contract import Sandbox

TINY = Path(__file__).with_name("tiny")


def solve(body: str) -> Program:
    """A program for the tiny problem."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Program.of({"solve.py": f"def solve(given, rng):\n{lines}\n"})


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return registry.sandbox("auto")


@pytest.fixture
def tiny() -> Problem:
    return find_problem(str(TINY))


@pytest.fixture
def initial(tiny: Problem) -> Program:
    return initial_program(tiny)


@pytest.fixture
def train() -> Source:
    return Source(Split.TRAIN, b"0123456789abcdef")


@pytest.fixture
def own_tiny(tmp_path: Path) -> Path:
    """A copy of the tiny problem that a test may change."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))
