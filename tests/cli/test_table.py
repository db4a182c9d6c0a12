import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from adrs.archive.store import Archive
from adrs.cli.measured import Against
from adrs.cli.table_page import page
from adrs.cli.table_rows import gain_of, programs, report, studied, summary, verdicts
from adrs.compare.case_studies import Study
from adrs.model.problem import Objective
from adrs.plugins.problems import baseline_program, find_problem
from adrs.run.finish import CHAMPION, INITIAL

COST = Objective(name="cost_usd", unit="USD", direction="minimize")
WORDS = ["table", "flow_shop", "--trials", "4", "--seeds", "1", "--workers", "1"]


@pytest.fixture
def results(record, runs):
    """Two made-up seeds of one problem: one won, one found nothing."""
    recorded = record()
    problem = find_problem("flow_shop")
    with Archive.open(runs) as archive:
        run = archive.run("last")
        confirmed = {one.program: one.evaluation for one in archive.evaluations() if one.purpose == "confirm"}
        names = {INITIAL: recorded.initial.digest, CHAMPION: recorded.best.digest}
        for one in problem.spec.baseline:
            names[one.name] = baseline_program(problem, one).digest
        order = [INITIAL, *(one.name for one in problem.spec.baseline), CHAMPION]
        won = {name: confirmed[names[name]] for name in order}
        lost = {**won, CHAMPION: won[INITIAL]}
        studies = [
            Study(problem, 0, run, won, 2, 3, 100.0, None),
            Study(problem, 1, run, lost, None, 3, 90.0, 95.0),
        ]
        return studied(archive, studies)


def test_every_program_and_bound_has_a_row_with_a_cell_per_seed(results):
    [found] = results

    grid = programs(found)

    assert [row[0] for row in grid] == [
        "program",
        INITIAL,
        "Johnson's rule",
        "Longest job first",
        CHAMPION,
        "bound: no program can pass it",
        "reference: strong, not proven",
    ]
    assert {len(row) for row in grid} == {3}
    assert "1 of 20 failed" in grid[2][1]
    assert [row[1:] for row in grid[-2:]] == [["100.00", "90.000"], ["-", "95.000"]]


def test_a_seed_that_found_nothing_says_so(results):
    [found] = results

    grid = {row[0]: row[1:] for row in verdicts(found)}

    assert grid["found in"] == ["trial 2 of 3", "no improvement in 3 trials"]
    assert grid["against Johnson's rule"][0].startswith("better: +")
    assert grid["against Johnson's rule"][1].startswith("worse: -")
    assert grid["against initial program"][1] == "tie: +0.00 % [+0.00, +0.00]"


def test_where_the_best_baseline_differs_by_draw_each_cell_names_it(results):
    [found] = results
    first, second = found.studies
    best = second.evaluations["Johnson's rule"]
    swapped = {**second.evaluations, "Johnson's rule": second.evaluations[INITIAL], "Longest job first": best}
    found = replace(found, studies=(first, replace(second, evaluations=swapped)))

    [label, one, other] = verdicts(found)[1]

    assert label == "against the best baseline"
    assert one.endswith("(Johnson's rule)")
    assert other.endswith("(Longest job first)")
    assert summary([found])[1][3] == "Johnson's rule or Longest job first"


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (None, "no baseline"),
        (Against("x", 2.0, 1.0, 3.0, (4.0, 2.0, 6.0), "better", 20), "better: +4.00 % [+2.00, +6.00]"),
        (Against("x", -0.1, -1.0, 0.8, (-0.2, -2.0, 1.6), "tie", 20), "tie: -0.20 % [-2.00, +1.60]"),
        (Against("x", -2.0, -3.0, -1.0, None, "worse", 20), "worse: -2.0000 USD [-3.000, -1.000]"),
        (Against("x", 1.0, float("-inf"), float("inf"), None, "tie", 1), "tie: no interval"),
    ],
)
def test_a_gain_is_said_with_its_verdict_and_interval(gain, said):
    assert gain_of(gain, COST) == said


def test_the_summary_says_how_much_the_bound_leaves(results):
    [heading, row] = summary(results)

    assert heading == ["problem", "seed 0", "seed 1", "best baseline", "headroom"]
    assert row[0] == "flow_shop"
    assert row[1].startswith("better +")
    assert row[2].startswith("worse -")
    [found] = results
    value = found.studies[0].evaluations["Johnson's rule"].objectives["makespan_s"]
    assert row[4] == f"{100 * ((value - 100) / value + (value - 90) / value) / 2:.1f} %"


def test_the_page_has_its_command_every_table_and_no_hostile_cell(results):
    [found] = results
    hostile = {"a|b": found.studies[0].evaluations[INITIAL], **found.studies[0].evaluations}
    found = replace(found, studies=tuple(replace(one, evaluations=hostile) for one in found.studies))

    text = page([found], command="adrs table flow_shop --markdown")

    assert "\nadrs table flow_shop --markdown\n" in text
    assert "## flow_shop" in text
    assert "not checked yet (`adrs check`)" in text
    assert "| a\\|b |" in text
    assert f"| **{CHAMPION}** |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} == {4, 6}


def test_it_fits_80_columns(results, render):
    text = render(*report(results), width=80)

    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_the_command_prints_a_page_and_then_uses_what_it_has(invoke, runs):
    first = invoke(*WORDS, "--markdown")
    second = invoke(*WORDS, "--json")

    assert first.exit_code == second.exit_code == 0, first.stderr
    assert first.stdout.startswith("# Case studies\n")
    assert "adrs table flow_shop --trials 4 --seeds 1 --markdown" in first.stdout
    assert "[1 of 1] flow_shop seed 0: a new run" in first.stderr
    [problem] = json.loads(second.stdout)
    [seed] = problem["seeds"]
    assert f"[1 of 1] flow_shop seed 0: run {seed['run']} has it" in second.stderr
    assert set(seed["programs"]) == {INITIAL, "Johnson's rule", "Longest job first", CHAMPION}
    assert seed["against_best_baseline"]["reference"] == "Johnson's rule"
    assert f"{seed['bound']:,.1f}" in first.stdout
    with Archive.open(runs) as archive:
        assert len(archive.runs()) == 1


def test_a_wrong_number_or_name_is_one_sentence_and_makes_no_run(invoke, runs):
    for words in (["flow_shop", "--seeds", "0"], ["flow_shp"], ["flow_shop", "--trials", "0"]):
        result = invoke("table", *words)

        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert not runs.exists()


def test_killed_in_the_middle_the_same_command_goes_on(adrs, runs):
    words = ["table", "flow_shop", "--trials", "12", "--seeds", "2", "--workers", "1", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "adrs.cli.main", *words],
        env={**os.environ, "ADRS_RUNS": str(runs)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stderr:
            if "searching" in line:
                process.send_signal(signal.SIGKILL)
                break
    with Archive.open(runs) as archive:
        [begun] = archive.runs()

    result = adrs(*words)

    assert result.returncode == 0, result.stderr
    assert f"going on with run {begun.id}" in result.stderr
    [problem] = json.loads(result.stdout)
    assert [seed["seed"] for seed in problem["seeds"]] == [0, 1]
    assert problem["seeds"][0]["run"] == begun.id
    assert {seed["trials"] for seed in problem["seeds"]} == {12}
