"""Every cheating program of the spot problems gets the verdict that its first line names."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest

from adrs import bundle
from adrs.evaluation import gate_check
from adrs.model.problem import ALWAYS_IMPORTABLE

FOLDER = bundle.root() / "problems" / "spot_multiregion"
ATTACKS = sorted((FOLDER / "attacks").glob("*.py"))
COUNT = 60


def load_driver():
    spec = importlib.util.spec_from_file_location("spot_driver", FOLDER / "tests" / "spot_driver.py")
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


driver = load_driver()


@pytest.fixture(scope="module")
def spot():
    return driver.evaluator()


@pytest.fixture(scope="module")
def workloads(spot):
    return driver.draw(spot, COUNT)


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def gate(path):
    spec = tomllib.loads((FOLDER / "problem.toml").read_text())
    text = path.read_text()
    return gate_check.check(
        {"policy.py": text}, "policy.py", "Policy", [*ALWAYS_IMPORTABLE, *spec["limits"]["imports"]]
    )


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_attack_gets_its_verdict(spot, workloads, attack):
    verdict = header(attack, "verdict")
    assert gate(attack)["kind"] == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    results = driver.score(spot, workloads, attack)
    reasons = [reason for _, metrics, reason in results if metrics is None]
    if verdict == "ok":
        assert reasons == []
        check_gain(spot, workloads, attack, results)
    else:
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}


def check_gain(spot, workloads, attack, results):
    costs = driver.costs(results, spot)
    if honest := header(attack, "scores as"):
        assert costs == driver.costs(driver.score(spot, workloads, FOLDER / honest), spot)
    else:
        honest = driver.score(spot, workloads, FOLDER / header(attack, "costs at least"))
        assert all(a >= b for a, b in zip(costs, driver.costs(honest, spot), strict=True))


def test_failing_on_hard_workloads_costs_more_than_facing_them(spot, workloads):
    dodging = driver.costs(driver.score(spot, workloads, FOLDER / "attacks" / "crash_on_hard.py"), spot)
    honest = driver.costs(driver.score(spot, workloads, FOLDER / "baselines" / "greedy_switching.py"), spot)

    assert driver.mean(dodging) > driver.mean(honest)
    assert all(a >= b for a, b in zip(dodging, honest, strict=True))


@pytest.mark.parametrize(
    "program",
    [FOLDER / "initial" / "policy.py", *sorted((FOLDER / "baselines").glob("*.py"))],
    ids=lambda path: path.stem,
)
def test_honest_programs_pass_the_gate(program):
    assert gate(program)["kind"] is None
