"""Scores follow from the workload alone: not from hash seeds, the order of workloads, or other evaluators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adrs import bundle
from adrs.plugins.problems import list_problems

DIGESTS = Path(__file__).parent / "score_digests.py"
PROBLEMS = sorted(toml.parent.name for toml in bundle.root().glob("problems/*/problem.toml"))


def started(order, hash_seed):
    return subprocess.Popen(
        [sys.executable, str(DIGESTS), order, *PROBLEMS],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(bundle.root())},
        stdout=subprocess.PIPE,
        text=True,
    )


def digests(process):
    said, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(said)


@pytest.fixture(scope="module")
def found():
    with started("forwards", "1") as one, started("backwards", "2") as other:
        return digests(one), digests(other)


def test_all_that_are_bundled_are_tested():
    bundled = {one.id for one in list_problems() if one.folder.is_relative_to(bundle.root())}

    assert bundled == set(PROBLEMS)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_is_told_and_scored_is_the_same_everywhere(found, problem):
    one, other = (each[problem] for each in found)

    assert len(one) == 10
    assert one == other
    assert len({told for told, _ in one.values()}) == 10
