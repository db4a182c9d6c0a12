"""Every cheating program of every bundled problem gets the verdict that its first line names.

In this process, on more workloads than `adrs attack` takes, and problem by problem as they are found: a new
one is covered without a word here.
"""

from __future__ import annotations

import functools
import re

import pytest

from adrs import bundle
from adrs.evaluation import gate_check
from adrs.model.problem import ALWAYS_IMPORTABLE
from problems.driver import Driver

COUNT = 14
COUNTS = {"spot_multiregion": 60, "spot_deadline": 60}
"""Where it takes more workloads until every kind of hard one has come up."""

LOSES = {"txn_scheduling": 2.0, "txn_offline": 2.0}
"""How many times what honesty costs it must cost, at least, to fail on hard workloads."""

MAY_TIE = {"wait_for_ever", "oscillate"}
"""Who waits or moves for ever is put on demand in the end, and in one zone pays no more than for that."""

DRIVERS = {
    toml.parent.name: Driver(toml.parent) for toml in sorted(bundle.root().glob("problems/*/problem.toml"))
}


def named(paths_of):
    """Return a case per problem and path."""
    return [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name, driver in DRIVERS.items()
        for path in paths_of(driver)
    ]


def header(attack, name):
    found = re.search(rf"^# {name}: (.+)$", attack.read_text(), re.MULTILINE)
    return found[1] if found else None


def verdict_of_gate(driver, path):
    imports = [*ALWAYS_IMPORTABLE, *driver.toml["limits"]["imports"]]
    return gate_check.check({driver.entry_file: path.read_text()}, driver.entry_file, driver.entry, imports)[
        "kind"
    ]


def dodges(driver):
    """Return the attacks that avoid what is hard: those that name whom it may not beat, and `..._on_hard`."""
    return [
        path
        for path in driver.attacks()
        if header(path, "verdict") != "forbidden"
        and (header(path, "costs at least") or path.stem.endswith("_on_hard"))
    ]


@functools.cache
def workloads(name):
    driver = DRIVERS[name]
    evaluator = driver.evaluator()
    return evaluator, driver.draw(evaluator, COUNTS.get(name, COUNT))


@functools.cache
def scored(name, path):
    return DRIVERS[name].score(*workloads(name), path)


def column(name, path, objective):
    """Return an objective of every workload, so that less is better."""
    driver = DRIVERS[name]
    sign = 1 if driver.objectives[objective] == "minimize" else -1
    return [sign * value for value in driver.values(scored(name, path), workloads(name)[0], objective)]


@pytest.mark.parametrize(("name", "attack"), named(Driver.attacks))
def test_attack_gets_its_verdict(name, attack):
    driver, verdict = DRIVERS[name], header(attack, "verdict")
    assert verdict_of_gate(driver, attack) == ("forbidden" if verdict == "forbidden" else None)
    if verdict == "forbidden":
        return
    reasons = [reason for _, metrics, reason in scored(name, attack) if metrics is None]
    if verdict != "ok":
        assert reasons
        assert {reason.split(":")[0] for reason in reasons} == {verdict}
        return
    assert reasons == []
    if honest := header(attack, "scores as"):
        for objective in driver.objectives:
            fair = column(name, driver.file(honest), objective)
            assert column(name, attack, objective) == fair


@pytest.mark.parametrize(("name", "attack"), named(dodges))
def test_dodging_what_is_hard_costs_more_than_facing_it(name, attack):
    driver = DRIVERS[name]
    honest = driver.file(header(attack, "costs at least") or f"initial/{driver.entry_file}")
    for objective in driver.objectives:
        dodged, fair = column(name, attack, objective), column(name, honest, objective)
        assert all(ours >= theirs - 1e-12 for ours, theirs in zip(dodged, fair, strict=True))
        assert attack.stem in MAY_TIE or sum(dodged) > LOSES.get(name, 1.0) * sum(fair)


def test_problems_that_bring_attacks_show_what_dodging_costs():
    without = {name for name, driver in DRIVERS.items() if driver.attacks() and not dodges(driver)}

    assert without <= {"flow_shop"}


@pytest.mark.parametrize(("name", "program"), named(Driver.programs))
def test_honest_programs_pass_the_gate(name, program):
    assert verdict_of_gate(DRIVERS[name], program) is None
