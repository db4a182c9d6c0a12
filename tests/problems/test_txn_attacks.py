"""Every cheating program of the transaction problems gets the verdict that its first line names."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest

from adrs import bundle
from adrs.evaluation import gate_check
from adrs.model.problem import ALWAYS_IMPORTABLE

PROBLEMS = bundle.root() / "problems"
ENTRIES = {"txn_scheduling": ("policy.py", "Policy"), "txn_offline": ("solver.py", "solve")}
ATTACKS = [path for name in ENTRIES for path in sorted((PROBLEMS / name / "attacks").glob("*.py"))]
HONEST = [
    path
    for name in ENTRIES
    for kind in ("initial", "baselines")
    for path in (PROBLEMS / name / kind).glob("*.py")
]


def load_driver():
    place = PROBLEMS / "txn_scheduling" / "tests" / "txn_driver.py"
    spec = importlib.util.spec_from_file_location("txn_driver", place)
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


driver = load_driver()


@pytest.fixture(scope="module")
def evaluators():
    return {name: driver.evaluator(name) for name in ENTRIES}


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def gate(path):
    problem = path.parts[-3]
    toml = tomllib.loads((PROBLEMS / problem / "problem.toml").read_text())
    file, entry = ENTRIES[problem]
    return gate_check.check(
        {file: path.read_text()}, file, entry, [*ALWAYS_IMPORTABLE, *toml["limits"]["imports"]]
    )


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_attack_gets_its_verdict(evaluators, attack):
    verdict = header(attack, "verdict")
    assert gate(attack)["kind"] == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    problem = attack.parts[-3]
    txn = evaluators[problem]
    workloads = driver.draw(txn, 14)
    results = driver.score(txn, workloads, attack)
    reasons = [reason for _, metrics, reason in results if metrics is None]
    if verdict == "ok":
        honest = driver.score(txn, workloads, PROBLEMS / problem / header(attack, "scores as"))
        assert driver.ticks(results, txn) == driver.ticks(honest, txn)
    else:
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}


@pytest.mark.parametrize("problem", ENTRIES)
def test_failing_on_hard_workloads_costs_more_than_facing_them(evaluators, problem):
    txn, folder = evaluators[problem], PROBLEMS / problem
    workloads = driver.draw(txn, 14)
    dodging = driver.ticks(driver.score(txn, workloads, folder / "attacks" / "crash_on_hard.py"), txn)
    honest = driver.ticks(driver.score(txn, workloads, folder / "baselines" / "arrival_order.py"), txn)

    assert all(a >= b for a, b in zip(dodging, honest, strict=True))
    assert driver.mean(dodging) > 2 * driver.mean(honest)


@pytest.mark.parametrize("program", HONEST, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_honest_programs_pass_the_gate(program):
    assert gate(program)["kind"] is None
