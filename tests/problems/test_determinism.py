"""Scores follow from the workload alone: not from hash seeds, the order of workloads, or other evaluators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adrs import bundle

DIGESTS = Path(__file__).parent / "score_digests.py"
PROBLEMS = (
    "flow_shop",
    "spot_multiregion",
    "spot_deadline",
    "eplb",
    "model_placement",
    "txn_scheduling",
    "txn_offline",
)


def digests(order, hash_seed):
    ran = subprocess.run(
        [sys.executable, str(DIGESTS), order, *PROBLEMS],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(bundle.root())},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def found():
    return digests("forwards", "1"), digests("backwards", "2")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_is_told_and_scored_is_the_same_everywhere(found, problem):
    one, other = (each[problem] for each in found)

    assert len(one) == 10
    assert one == other
    assert len({told for told, _ in one.values()}) == 10
