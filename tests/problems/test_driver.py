"""What drives a problem in its own tests counts as a search does, and leaves nothing behind."""

from __future__ import annotations

import shutil
import sys
import tomllib

import numpy as np
import pytest

from adrs import bundle
from adrs.plugins.problems import list_problems
from problems.driver import Driver

PROBLEMS = bundle.root() / "problems"
IGNORED = shutil.ignore_patterns("tests", "attacks", "__pycache__")


@pytest.fixture
def shop(tmp_path):
    """The driver of a problem that lies somewhere else."""
    return Driver(shutil.copytree(PROBLEMS / "flow_shop", tmp_path / "shop", ignore=IGNORED))


def ran(driver, text, count=2):
    path = driver.folder / "program.py"
    path.write_text(text)
    evaluator = driver.evaluator()
    results = driver.score(evaluator, driver.draw(evaluator, count), path)
    return evaluator, results, [reason for _, _, reason in results]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ValueError('no')", "exception: ValueError('no')"),
        ("raise StopIteration", "exception: StopIteration()"),
        ("return [0, 0]", "invalid: plan"),
        ("return object()", "invalid: "),
    ],
)
def test_a_failure_has_its_kind_and_counts_the_worst(shop, body, reason):
    evaluator, results, reasons = ran(shop, f"def solve(given, rng):\n    {body}\n")

    assert all(each.startswith(reason) for each in reasons)
    assert [metrics for _, metrics, _ in results] == [None, None]
    worst = [evaluator.worst(workload)["makespan_s"] for workload, _, _ in results]
    assert shop.values(results, evaluator) == worst
    assert shop.values(results, evaluator, "idle_s") == [0.0, 0.0]


def test_what_a_program_does_to_numpy_and_to_its_interface_ends_with_it(shop, monkeypatch):
    monkeypatch.setitem(sys.modules, "interface", mine := object())
    patched = "import numpy, interface\ndef solve(given, rng):\n    numpy.sum = interface.Given = None\n"
    total = np.sum
    _, _, reasons = ran(shop, f"{patched}    return list(range(len(given.first_s)))\n", count=1)

    assert reasons == [""]
    assert np.sum is total
    assert sys.modules["interface"] is mine
    assert "candidate" not in sys.modules
    assert [each for _, _, each in shop.score(*drawn(shop), shop.programs()[0]) if each] == []


def drawn(driver):
    evaluator = driver.evaluator()
    return evaluator, driver.draw(evaluator, 2)


def test_a_metric_that_there_is_not_is_no_zero(shop):
    evaluator, workloads = drawn(shop)
    results = shop.score(evaluator, workloads, shop.programs()[0])

    with pytest.raises(KeyError, match="no_metric"):
        shop.values(results, evaluator, "no_metric")


def test_random_numbers_are_the_same_everywhere_unless_each_workload_has_its_own(shop):
    said = "def solve(given, rng):\n    raise ValueError(rng.random())\n"
    _, _, same = ran(shop, said)
    _, _, other = ran(Driver(shop.folder, own_randomness=True), said)

    assert same[0] == same[1] == other[0] != other[1]


def test_a_problem_that_extends_another_has_its_files_and_parameters():
    for name, base in (("spot_deadline", "spot_multiregion"), ("txn_offline", "txn_scheduling")):
        driver, under = Driver(PROBLEMS / name), Driver(PROBLEMS / base)
        own = tomllib.loads((PROBLEMS / name / "problem.toml").read_text()).get("params", {})
        assert {**under.toml["params"], **own}.keys() == driver.toml["params"].keys()
        assert driver.file("evaluate.py") == under.file("evaluate.py")
        assert driver.file("README.md") != under.file("README.md")


@pytest.mark.parametrize("problem", list_problems(), ids=lambda problem: problem.id)
def test_a_problem_is_read_as_adrs_reads_it(problem):
    driver = Driver(problem.folder)

    assert driver.toml["params"] == problem.spec.params
    assert (driver.entry_file, driver.entry) == (problem.entry_file, problem.entry_name)
    assert driver.objectives == {each.name: each.direction for each in problem.spec.objective}
    files = {problem.file(one.file) for one in problem.spec.baseline if one.file}
    assert files <= set(driver.programs())


def test_the_table_names_limits_programs_and_failures(shop, capsys):
    (shop.folder / "baselines" / "johnson.py").write_text("def solve(given, rng):\n    return []\n")
    shop.main(["shift", "3"], 7, ("idle_s",))
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].startswith("shop, 3 shift workloads")
    assert lines[1].split()[:3] == ["makespan_s", "geom.", "idle_s"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:]}
    assert rows["worst"][2] == "-"
    assert rows["baselines/johnson"][:3] == [*rows["worst"][:2], "-"]
    assert rows["failed:"][0] == "invalid:"
    assert float(rows["bound"][0]) <= float(rows["initial/solver"][0]) < float(rows["worst"][0])


def test_the_table_takes_train_and_the_number_that_the_problem_names(shop, capsys):
    shop.main([], 4)

    assert capsys.readouterr().out.startswith("shop, 4 train workloads")
