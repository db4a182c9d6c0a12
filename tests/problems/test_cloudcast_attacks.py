"""Every cheating program of `cloudcast` gets the verdict that its first line names."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest

from adrs import bundle
from adrs.evaluation import gate_check

FOLDER = bundle.root() / "problems" / "cloudcast"
ATTACKS = sorted((FOLDER / "attacks").glob("*.py"))
COUNT = 12


def load_driver():
    spec = importlib.util.spec_from_file_location(
        "cloudcast_driver", FOLDER / "tests" / "cloudcast_driver.py"
    )
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


driver = load_driver()


@pytest.fixture(scope="module")
def cloudcast():
    return driver.evaluator()


@pytest.fixture(scope="module")
def workloads(cloudcast):
    return driver.draw(cloudcast, COUNT)


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def gate(path):
    spec = tomllib.loads((FOLDER / "problem.toml").read_text())
    text = path.read_text()
    return gate_check.check({"planner.py": text}, "planner.py", "solve", spec["limits"]["imports"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_attack_gets_its_verdict(cloudcast, workloads, attack):
    verdict = header(attack, "verdict")
    assert gate(attack)["kind"] == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    results = driver.score(cloudcast, workloads, attack)
    reasons = [reason for _, metrics, reason in results if metrics is None]
    if verdict == "ok":
        assert reasons == []
        honest = driver.score(cloudcast, workloads, FOLDER / header(attack, "scores as"))
        assert driver.values(results, cloudcast) == driver.values(honest, cloudcast)
    else:
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}


def test_failing_on_hard_workloads_costs_more_than_facing_them(cloudcast, workloads):
    attack = FOLDER / "attacks" / "crash_on_hard.py"
    dodging = driver.values(driver.score(cloudcast, workloads, attack), cloudcast)
    honest = driver.values(
        driver.score(cloudcast, workloads, FOLDER / header(attack, "costs at least")), cloudcast
    )

    assert sum(dodging) > sum(honest)
    assert all(a >= b for a, b in zip(dodging, honest, strict=True))


@pytest.mark.parametrize(
    "program",
    [FOLDER / "initial" / "planner.py", *sorted((FOLDER / "baselines").glob("*.py"))],
    ids=lambda path: path.stem,
)
def test_honest_programs_pass_the_gate(program):
    assert gate(program)["kind"] is None
