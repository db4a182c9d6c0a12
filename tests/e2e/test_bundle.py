"""A verification made in one checkout is measured again in another: other code, other runs, other process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("adrs", "evaluators", "simulators", "problems")
pytestmark = [pytest.mark.checkout, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Two copies of the checkout, with nothing of it but the code."""
    folder = tmp_path_factory.mktemp("checkouts")
    skipped = shutil.ignore_patterns("__pycache__", "tests")
    for name in ("first", "second"):
        for part in CODE:
            shutil.copytree(ROOT / part, folder / name / part, ignore=skipped)
    return folder / "first", folder / "second"


def adrs(checkout, *words, code=0):
    """Run the command of a copy in a process of its own, with runs of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADRS_")}
    done = subprocess.run(
        [sys.executable, "-m", "adrs.cli.main", *map(str, words)],
        cwd=checkout,
        env={**kept, "PYTHONPATH": str(checkout), "ADRS_RUNS": str(checkout / "runs")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    return done


def test_a_bundle_gives_the_same_numbers_in_another_checkout(copies, tmp_path):
    first, second = copies
    file = tmp_path / "result.zip"
    adrs(first, "run", "flow_shop", "--trials", 3, "--workers", 2, "--set", "confirm=false")
    verified = json.loads(adrs(first, "verify", "last", "--workers", 2, "--json").stdout)
    adrs(first, "export", "last", "--output", file)
    again = json.loads(adrs(second, "reproduce", file, "--workers", 2, "--json").stdout)
    adrs(second, "import", file, "--workers", 2)
    shown = json.loads(adrs(second, "show", verified["program"][:12], "--json").stdout)

    assert again["identical"] is True
    # A JSON number is written with as many digits as tell it from every other: equal text, equal bits.
    for ours, theirs in zip(again["again"]["draws"], verified["draws"], strict=True):
        assert ours["workloads"] == theirs["workloads"]
        assert ours["objectives"] == theirs["objectives"]
    assert again["again"]["claims"] == verified["claims"]
    assert shown["state"] == "imported"
    assert shown["program"] == verified["program"]

    evaluator = second / "problems" / "flow_shop" / "evaluate.py"
    evaluator.write_text(evaluator.read_text() + "\n# another evaluator\n")
    refused = adrs(second, "reproduce", file, code=2)
    assert "evaluator digest" in refused.stderr
    assert refused.stderr.count("\n") == 1
