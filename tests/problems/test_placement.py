"""Cheating programs of `model_placement` get their verdicts, and honest ones come in the order expected."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import numpy as np
import pytest

from adrs import bundle
from adrs.evaluation import gate_check
from adrs.stats.detectable import detectable_percent
from adrs.stats.paired import Verdict, paired_difference

FOLDER = bundle.root() / "problems" / "model_placement"
ATTACKS = sorted((FOLDER / "attacks").glob("*.py"))
COUNT = 12


def load_driver():
    spec = importlib.util.spec_from_file_location(
        "placement_driver", FOLDER / "tests" / "placement_driver.py"
    )
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


driver = load_driver()


@pytest.fixture(scope="module")
def placement():
    return driver.evaluator()


@pytest.fixture(scope="module")
def workloads(placement):
    return driver.draw(placement, COUNT)


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def gate(path):
    spec = tomllib.loads((FOLDER / "problem.toml").read_text())
    text = path.read_text()
    return gate_check.check({"placement.py": text}, "placement.py", "solve", spec["limits"]["imports"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_attack_gets_its_verdict(placement, workloads, attack):
    verdict = header(attack, "verdict")
    assert gate(attack)["kind"] == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    results = driver.score(placement, workloads, attack)
    reasons = [reason for _, metrics, reason in results if metrics is None]
    if verdict == "ok":
        assert reasons == []
        honest = driver.score(placement, workloads, FOLDER / header(attack, "scores as"))
        assert driver.values(results, placement) == driver.values(honest, placement)
    else:
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}


def test_failing_on_hard_workloads_costs_more_than_facing_them(placement, workloads):
    attack = FOLDER / "attacks" / "raise_on_hard.py"
    dodging = driver.values(driver.score(placement, workloads, attack), placement)
    honest = driver.values(
        driver.score(placement, workloads, FOLDER / header(attack, "costs at least")), placement
    )

    assert sum(dodging) > sum(honest)
    assert all(a >= b for a, b in zip(dodging, honest, strict=True))


@pytest.mark.parametrize(
    "program",
    [FOLDER / "initial" / "placement.py", *sorted((FOLDER / "baselines").glob("*.py"))],
    ids=lambda path: path.stem,
)
def test_honest_programs_pass_the_gate(program):
    assert gate(program)["kind"] is None


@pytest.fixture(scope="module")
def scored(placement):
    train = driver.draw(placement, 60)
    return {path.stem: driver.score(placement, train, path) for path in driver.PROGRAMS}


def compare(placement, scored, one, other, name="mean"):
    cells = [workload.cell for workload, _, _ in scored[one]]
    pair = (driver.values(scored[each], placement) for each in (one, other))
    return paired_difference(
        *pair, direction="minimize", rng=np.random.default_rng(0), cells=cells, name=name
    )


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("move_and_swap", "best_fit_threshold"),
        ("move_and_swap", "placement"),
        ("best_fit_threshold", "stay"),
        ("best_fit_threshold", "prism_greedy"),
        ("placement", "stay"),
        ("stay", "prism_greedy"),
    ],
)
def test_orderings_hold_with_their_intervals(placement, scored, better, worse):
    """The literature's order holds but for greedy, which under a budget does more harm than good."""
    found = compare(placement, scored, better, worse)

    assert found.verdict is Verdict.BETTER
    assert found.difference.high < 0


def test_validation_sees_a_gain_of_a_tenth(placement, scored):
    """The spread of what ordering models by load gains, at the declared number of workloads."""
    spec = tomllib.loads((FOLDER / "problem.toml").read_text())
    cells = [workload.cell for workload, _, _ in scored["placement"]]
    seen = [
        detectable_percent(
            driver.values(scored[better], placement),
            driver.values(scored["placement"], placement),
            spec["splits"]["validation"],
            cells=cells,
            alpha=0.0125,
        )
        for better in ("move_and_swap", "best_fit_threshold")
    ]

    assert max(seen) < 10


def test_another_aggregate_says_less_of_bad_workloads(placement, scored):
    by_mean = compare(placement, scored, "stay", "best_fit_threshold", "mean")
    by_median = compare(placement, scored, "stay", "best_fit_threshold", "median")
    by_geometric = compare(placement, scored, "stay", "best_fit_threshold", "geometric_mean")

    assert by_mean.candidate / by_mean.reference > by_geometric.candidate / by_geometric.reference
    assert by_median.candidate < by_geometric.candidate < by_mean.candidate
