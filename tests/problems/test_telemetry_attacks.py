"""Every cheating program of `telemetry_repair` gets the verdict that its first line names."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest

from adrs import bundle
from adrs.evaluation import gate_check
from adrs.model.problem import ALWAYS_IMPORTABLE

FOLDER = bundle.root() / "problems" / "telemetry_repair"
ATTACKS = sorted((FOLDER / "attacks").glob("*.py"))
COUNT = 14


def load_driver():
    spec = importlib.util.spec_from_file_location(
        "telemetry_driver", FOLDER / "tests" / "telemetry_driver.py"
    )
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


driver = load_driver()


@pytest.fixture(scope="module")
def telemetry():
    return driver.evaluator()


@pytest.fixture(scope="module")
def workloads(telemetry):
    return driver.draw(telemetry, COUNT)


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def gate(path):
    spec = tomllib.loads((FOLDER / "problem.toml").read_text())
    text = path.read_text()
    imports = [*ALWAYS_IMPORTABLE, *spec["limits"]["imports"]]
    return gate_check.check({"repair.py": text}, "repair.py", "solve", imports)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_attack_gets_its_verdict(telemetry, workloads, attack):
    verdict = header(attack, "verdict")
    assert gate(attack)["kind"] == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    results = driver.score(telemetry, workloads, attack)
    reasons = [reason for _, metrics, reason in results if metrics is None]
    if verdict != "ok":
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}
        return
    assert reasons == []
    if (honest := header(attack, "scores as")) is not None:
        fair = driver.score(telemetry, workloads, FOLDER / honest)
        for name in ("accuracy", "brier_loss"):
            assert driver.values(results, telemetry, name) == driver.values(fair, telemetry, name)


@pytest.mark.parametrize(
    "attack", [each for each in ATTACKS if header(each, "costs at least")], ids=lambda path: path.stem
)
def test_leaving_out_failing_or_giving_up_costs_more_than_facing_it(telemetry, workloads, attack):
    dodged = driver.score(telemetry, workloads, attack)
    fair = driver.score(telemetry, workloads, FOLDER / header(attack, "costs at least"))
    for name, sign in (("accuracy", 1), ("brier_loss", -1)):
        pairs = list(
            zip(driver.values(dodged, telemetry, name), driver.values(fair, telemetry, name), strict=True)
        )
        assert all(sign * ours <= sign * theirs + 1e-12 for ours, theirs in pairs)
        assert sign * sum(ours for ours, _ in pairs) < sign * sum(theirs for _, theirs in pairs)


@pytest.mark.parametrize(
    "program",
    [FOLDER / "initial" / "repair.py", *sorted((FOLDER / "baselines").glob("*.py"))],
    ids=lambda path: path.stem,
)
def test_honest_programs_pass_the_gate(program):
    assert gate(program)["kind"] is None
