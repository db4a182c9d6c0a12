"""A problem on which nothing can be found, through the command line: every answer and repeat is new noise."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Split
from adrs.model.records import Purpose
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox import registry
from adrs.verify.noise import sight

FOLDER = Path(__file__).parents[1] / "problems_kit" / "pure_noise"

pytestmark = pytest.mark.timeout(180)


def adrs(runs, *words):
    done = subprocess.run(
        [sys.executable, "-m", "adrs.cli.main", *words],
        env={**os.environ, "ADRS_RUNS": str(runs), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_no_improvement_is_found_in_noise(tmp_path):
    text = adrs(tmp_path, "run", str(FOLDER), "--trials", "60", "--workers", "2", "--seed", "1")

    assert "No improvement found" in text
    assert "how small an improvement it can see is measured when a run begins" in text
    problem = find_problem(str(FOLDER))
    with Archive.open(tmp_path, create=False) as archive:
        run = archive.run("last")
        again = [one.program for one in archive.evaluations(run_id=run.id, purpose=Purpose.REMEASURED)]
        seen = sight(archive, problem)
    assert run.initial in again
    assert run.champion in (None, run.initial)
    # 24 workloads, two draws of a standard deviation of 20 at a mean of about 100
    assert seen.percent is None
    assert 10 < seen.noise_percent < 35
    shown = json.loads(adrs(tmp_path, "show", "last", "--json"))
    assert shown["sight"]["noise_percent"] == pytest.approx(seen.noise_percent)
    assert f"noise alone hides up to {seen.noise_percent:.2g} %" in adrs(tmp_path, "show", "last")


def test_a_repeat_draws_new_noise_and_is_the_same_whenever_it_is_run():
    problem = find_problem(str(FOLDER))
    initial = initial_program(problem)
    source = Source(Split.VALIDATION, b"0123456789abcdef")

    async def measure():
        pool = EvaluationPool(problem, registry.sandbox("auto"), workers=1, initial=initial)
        async with pool, Cascade(problem, pool) as cascade:
            return [await cascade.measure(initial, source, 6, repeat=repeat) for repeat in (0, 1, 2, 1)]

    first, second, third, again = (each.values("cost") for each in asyncio.run(measure()))

    assert len({first, second, third}) == 3
    assert second == again
