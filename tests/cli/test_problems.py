import asyncio
import json
from dataclasses import replace

import pytest

from adrs.archive.store import Archive
from adrs.cli.known import Known
from adrs.cli.problem_list import details, listing
from adrs.plugins import registry
from adrs.plugins.problems import find_problem
from adrs.verify.facts import Facts, Headroom
from adrs.verify.kept import KeptCheck
from adrs.verify.lineage import find_subject
from adrs.verify.sealed import verify

NOT_CHECKED = "not checked"


@pytest.fixture
def problem():
    return find_problem("flow_shop")


def facts(bound=900.0, noise=0.0, percent=0.0, baselines=None):
    found = {"Johnson's rule": 1000.0, "Longest job first": 1200.0} if baselines is None else baselines
    return Facts(Headroom(24, 1300.0, found, bound, None), 0.0065, 1.94, {"makespan_s": noise}, percent)


def check(**settings):
    return KeptCheck(True, False, (), "bubblewrap", "0.1.0", 1_700_000_000_000_000, facts(**settings))


def columns(render, known, width=80):
    """Return the second line of the only problem, cell by cell."""
    lines = render(*listing([known], width), width=width).splitlines()
    return [cell for cell in lines[2].strip().split("  ") if cell.strip()]


def test_without_a_check_every_column_says_so_and_what_fills_it_in(invoke):
    text = invoke("problems").stdout

    assert text.count(NOT_CHECKED) == 5 * len(json.loads(invoke("problems", "--json").stdout)) + 2
    assert "adrs check PROBLEM fills in" in text
    assert "adrs verify RUN fills in" in text


def test_all_about_a_problem_says_which_command_fills_in_what(invoke):
    text = invoke("problems", "flow_shop").stdout

    for name in ("soundness", "headroom", "evaluation", "noise floor"):
        assert f"{name:<15}not checked; fill it in with: adrs check flow_shop" in text
    assert "best verified  not checked; fill it in with: adrs verify RUN" in text


def test_a_list_fits_80_columns(invoke, runs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    lines = invoke("problems").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)


@pytest.mark.parametrize(
    ("settings", "headroom", "noise"),
    [
        ({}, "10.0 %", "none"),
        ({"bound": 999.5}, "< 0.1 %", "none"),
        ({"bound": 1000.0}, "none left", "none"),
        ({"bound": None}, "no bound", "none"),
        ({"noise": 3.0, "percent": 0.42}, "10.0 %", "0.42 %"),
        ({"noise": 3.0, "percent": None}, "10.0 %", "3.0000 s"),
        ({"baselines": {"Johnson's rule": 1000.0}}, NOT_CHECKED, "none"),
    ],
)
def test_a_check_fills_the_columns_in(render, problem, settings, headroom, noise):
    cells = columns(render, Known(problem, check(**settings)))

    assert [cell.strip() for cell in cells] == [
        "scheduling",
        "sound",
        headroom,
        "1.9 s",
        noise,
        NOT_CHECKED,
    ]


@pytest.mark.parametrize(
    ("train_s", "shown"),
    [(0.0034, "3.4 ms"), (0.0654, "65 ms"), (0.4, "400 ms"), (1.94, "1.9 s"), (75, "1:15")],
)
def test_the_time_of_an_evaluation_needs_no_exponent(render, problem, train_s, shown):
    kept = KeptCheck(True, False, (), facts=replace(facts(), train_s=train_s))

    assert columns(render, Known(problem, kept))[3].strip() == shown


def test_headroom_of_what_is_maximised_is_positive_where_something_is_left(problem):
    objective = problem.primary.model_copy(update={"direction": "maximize"})
    found = Headroom(24, 0.5, {"a": 0.8, "b": 0.7}, 0.9, None)

    assert found.best_baseline(objective) == ("a", 0.8)
    assert found.percent(objective) == pytest.approx(12.5)


def test_details_say_what_the_numbers_are(render, problem):
    text = " ".join(render(*details([Known(problem, check())]), width=120).split())

    assert "sound: every line of a full check on 2023-11-14 22:13 UTC in bubblewrap holds" in text
    assert "10.0 %: Johnson's rule 1,000.0 s, bound 900.00 s (first 24 train workloads)" in text
    assert "1.9 s for all of train on one worker; the first stage in 6.5 ms" in text
    assert "none: a repeat with other random numbers scores the same" in text


def test_of_a_problem_without_stages_no_first_one_is_timed(render, problem):
    splits = problem.spec.splits.model_copy(update={"stages": ()})
    whole = problem.model_copy(update={"spec": problem.spec.model_copy(update={"splits": splits})})
    text = " ".join(render(*details([Known(whole, check())]), width=120).split())

    assert "1.9 s for all of train on one worker" in text
    assert "first stage" not in text


def test_a_quick_check_is_marked_and_one_that_failed_says_why(render, problem):
    quick = Known(problem, KeptCheck(True, True, (), facts=facts()))
    failed = Known(problem, KeptCheck(False, False, ("worst: failing would be better",)))

    assert "sound*" in render(*listing([quick], 80))
    assert "* by a quick check only" in render(*listing([quick], 80))
    shown = " ".join(render(*listing([failed], 80)).split())
    assert "not sound" in shown
    assert "Not sound, so its scores cannot be trusted: worst: failing would be better" in shown


def test_the_best_verified_program_is_shown_with_what_it_gains(invoke, record, runs):
    recorded = record()
    with Archive.open(runs) as archive:
        subject = find_subject(archive, "last")
        asyncio.run(verify(archive, subject, sandbox=registry.sandbox("auto"), workers=2))

    [found] = json.loads(invoke("problems", "flow_shop", "--json").stdout)
    best = found["best_verified"]
    assert best["program"] == recorded.best.digest
    assert best["claim"]["reference"] == "Johnson's rule"
    assert best["claim"]["verdict"] == "worse"
    text = " ".join(invoke("problems", "flow_shop").stdout.split())
    assert f"{recorded.best.digest[:12]} loses to Johnson's rule by" in text
    line = next(row for row in invoke("problems").stdout.splitlines() if recorded.best.digest[:6] in row)
    assert f"{best['claim']['percent']['estimate']:+.1f} %" in line


def test_an_unknown_problem_is_one_sentence(invoke):
    result = invoke("problems", "flow_shp")

    assert result.exit_code == 2
    assert "'flow_shp'" in result.stderr
    assert result.stdout == ""


def test_listing_makes_no_archive(invoke, runs):
    invoke("problems")

    assert not runs.exists()
