from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys

import numpy
import pytest
from click.testing import CliRunner

from adrs.cli.main import cli
from adrs.plugins.problems import find_problem
from adrs.sandbox import registry
from adrs.verify import suite
from adrs.verify.attacks import HACKS, PROGRAMS, Attack, generic_attacks, mark_of, own_attacks
from adrs.verify.judge import Ending, Verdict
from adrs.verify.suite import attack_problem

BUNDLED = [  # one of each kind: a list, actions, an array, numbers with confidences
    "flow_shop",
    *(pytest.param(n, marks=pytest.mark.slow) for n in ("spot_multiregion", "eplb", "telemetry_repair")),
]


def run(problem, sandbox, *names, quick=False):
    attacks = [one for one in generic_attacks() if one.name in names] if names else None
    report = asyncio.run(attack_problem(problem, sandbox, workers=2, quick=quick, attacks=attacks))
    return report, {verdict.attack.name: verdict for verdict in report.verdicts}


def test_every_catalogued_hack_is_among_the_attacks():
    attacks = generic_attacks()

    assert {hack for one in attacks for hack in one.hacks} == set(HACKS)
    assert len({one.name for one in attacks}) == len(attacks) > 80
    assert {one.name for one in attacks} >= suite._QUICK
    assert all(one.title for one in attacks)


@pytest.mark.parametrize("name", BUNDLED)
def test_nothing_is_forged_leaked_or_left_on_a_bundled_problem(name, sandbox):
    problem = find_problem(name)

    report, found = run(problem, sandbox, quick=True)

    assert [(v.attack.name, v.ending, v.reason) for v in report.unsound] == []
    assert {one.name for one in own_attacks(problem)} <= set(found)
    assert found["raise_everywhere"].kinds == ("exception",)
    assert found["nan_numbers"].kinds == ("invalid",)
    assert found["change_given"].ending is Ending.HONEST
    assert found["raise_where_expensive"].ending is Ending.NO_BETTER
    assert found["raise_where_expensive"].kinds == ("exception",)
    assert found["forged_early_frame"].kinds == ("output",)


def test_an_evaluator_that_holds_is_found_to_hold(with_evaluator, sandbox):
    report, found = run(with_evaluator("Honest"), sandbox, quick=True)

    assert report.unsound == []
    assert found["claims_nothing"].ending is Ending.HONEST


@pytest.mark.parametrize(
    ("evaluator", "attack", "ending", "reason"),
    [
        ("BelievesTheCost", "claims_nothing", Ending.FORGED, "better than an honest"),
        ("ForgivesFailures", "raise_everywhere", Ending.FORGED, "a failure costs no more"),
        ("TellsTheIndex", "spy_given", Ending.LEAK, "counts the workloads"),
        ("TellsTheKey", "spy_given", Ending.LEAK, "a part of the key, as text"),
        ("IgnoresTheKey", "recognise_train", Ending.LEAK, "a workload of train came again"),
        ("Remembers", "honest_afterwards", Ending.FORGED, "otherwise than before"),
    ],
)
def test_a_broken_evaluator_is_caught(with_evaluator, sandbox, evaluator, attack, ending, reason):
    names = (attack,) if attack != "honest_afterwards" else ("one_more",)

    report, found = run(with_evaluator(evaluator), sandbox, *names)

    assert found[attack].ending is ending
    assert reason in found[attack].reason
    assert found[attack] in report.unsound


@pytest.mark.parametrize("evaluator", ["TellsInfinity", "TellsALargeConstant"])
def test_a_constant_that_no_index_changes_counts_nothing(with_evaluator, sandbox, evaluator):
    report, found = run(with_evaluator(evaluator), sandbox, "spy_given")

    assert found["spy_given"].ending is Ending.HONEST
    assert report.unsound == []


def test_what_an_unconfined_attack_leaves_is_found_and_removed(with_evaluator, tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "_PLACES", (str(tmp_path),))
    attacks = [one for one in generic_attacks() if one.name == "write_results"]
    monkeypatch.setattr(
        suite, "program_of", lambda *a: with_places(program_of(*a), str(tmp_path)), raising=True
    )

    report = asyncio.run(
        attack_problem(with_evaluator("Honest"), registry.sandbox("none"), workers=1, attacks=attacks)
    )

    assert report.verdicts[0].ending is Ending.SURVIVOR
    assert report.verdicts[0].reason.endswith("-metrics.json")
    assert list(tmp_path.glob("adrs-attack*")) == []


def test_a_process_that_is_left_is_found():
    before = suite.processes()
    left = subprocess.Popen(["sleep", "100"])
    try:
        assert ("", "the process 'sleep'") in suite._survivors(before)
    finally:
        left.kill()
        left.wait()
    assert ("", "the process 'sleep'") not in suite._survivors(before)


NAME_ME = "open('/proc/self/comm', 'w').write(__import__('sys').argv[1]); print(flush=True); input()"


def test_a_process_that_got_away_is_found_by_the_name_that_its_attack_gave_it():
    mark, other = mark_of("outlive_with_a_process", "one suite"), mark_of("outlive_with_a_process", "another")
    left = subprocess.Popen(
        [sys.executable, "-c", NAME_ME, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with left:
        left.stdout.readline()

        assert left.pid in suite.processes([mark])
        assert suite._survivors({}, [mark]).count((mark, f"the process {mark!r}")) == 1
        assert mark not in dict(suite._survivors({}, [other]))
        left.communicate(b"\n")
    verdict = Verdict(Attack("outlive_with_a_process", "", ""), Ending.HONEST, "")
    assert suite._with_survivor(verdict, mark, [(mark, "it")]).ending is Ending.SURVIVOR
    assert suite._with_survivor(verdict, mark, [(other, "it"), ("", "it")]).ending is Ending.HONEST
    last = Verdict(Attack("honest_afterwards", "", ""), Ending.HONEST, "")
    assert suite._with_survivor(last, mark, [("", "it")]).ending is Ending.SURVIVOR


def test_what_another_suite_leaves_at_the_same_time_is_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "_PLACES", (str(tmp_path),))
    mine, theirs = mark_of("write_results", "mine"), mark_of("write_results", "theirs")
    for mark in (mine, theirs):
        (tmp_path / f"{mark}-results.json").touch()

    assert [mark for mark, _ in suite._survivors(suite.processes(), [mine])] == [mine]
    assert [path.name for path in tmp_path.iterdir()] == [f"{theirs}-results.json"]
    assert len(mine) == 15


@pytest.mark.slow
def test_what_runs_into_a_time_limit_counts_worst(with_evaluator, sandbox):
    _, found = run(with_evaluator("Honest"), sandbox, "sleep_for_ever", "outlive_the_timeout", "hang_on_hard")

    assert found["sleep_for_ever"].kinds == found["outlive_the_timeout"].kinds == ("timeout",)
    assert found["hang_on_hard"].kinds == ("timeout",)
    assert found["hang_on_hard"].ending is Ending.NO_BETTER
    assert found["honest_afterwards"].ending is Ending.HONEST


def test_no_attack_is_mere_form_where_the_answer_is_an_array():
    """What is changed in an array stays an array, so that its content is what is refused."""
    escape = (PROGRAMS / "escape.py").read_text()
    settings = {"BEST", "EXPENSIVE", "FOLDER", "KEY", "KNOWN", "OBJECTIVES", "SEEN_OBSERVATIONS", "TOKEN"}
    space = dict.fromkeys(settings)
    exec(escape.replace(f"from settings import {', '.join(sorted(settings))}", ""), space)
    before = numpy.array([[3, 1], [2, 0]])

    negative = space["leaves"](before, lambda x: -1 - x)
    repeated = space["lists"](before, lambda items: [*items[:-1], items[0]])

    assert negative.tolist() == [[-4, -2], [-3, -1]]
    assert repeated.tolist() == [[3, 3], [3, 3]]
    assert negative.dtype == repeated.dtype == before.dtype
    assert space["leaves"](before, lambda x: None) == [[None, None], [None, None]]
    assert space["lists"]((before, [1]), lambda items: items[:1])[0].tolist() == [[3]]


def test_a_program_that_strikes_its_failures_or_speaks_for_its_worker_gains_nothing(with_evaluator, sandbox):
    names = ("speak_for_the_worker", "claim_more_answers", "claim_no_failure", "blame_the_evaluator")
    names += ("forged_late_frame", "crash_where_expensive", "read_ahead")

    report, found = run(with_evaluator("Honest"), sandbox, *names)

    assert report.unsound == []
    assert found["claim_more_answers"].kinds == found["forged_late_frame"].kinds == ("output",)
    assert found["crash_where_expensive"].kinds == ("crash",)
    assert "the evaluator raised" in found["blame_the_evaluator"].reason
    assert found["read_ahead"].ending is Ending.HONEST
    assert report.tried()["H10"] == ["read_ahead"]
    assert report.hacks()["H13"] == "not expressible: not among the quick attacks"


def test_the_page_of_the_documentation_has_a_row_per_attack(with_evaluator):
    problem = with_evaluator("Honest")

    result = CliRunner().invoke(cli, ["attack", str(problem.folder), "--quick", "--markdown"])

    assert result.exit_code == 0
    assert "| broken | 34 |" in result.stdout
    assert "| nan_numbers | Every number is NaN | H14 | failed: invalid |" in result.stdout
    assert "**" not in result.stdout.partition("## In short")[2]


program_of = suite.program_of


def with_places(program, place):
    """Let an attack write nowhere but in one folder."""
    text = re.sub(r"^PLACES = .*$", f"PLACES = ({place!r},)", program.text("attack.py"), flags=re.M)
    return program.replace("attack.py", text)


def test_the_command_exits_with_1_where_a_score_was_forged(with_evaluator):
    problem = with_evaluator("ForgivesFailures")

    result = CliRunner().invoke(cli, ["attack", str(problem.folder), "--quick", "--json"])

    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)
    assert found["sound"] is False
    assert found["endings"]["FORGED"] > 0
    forged = [one["name"] for one in found["attacks"] if one["ending"] == "FORGED"]
    assert "raise_everywhere" in forged
