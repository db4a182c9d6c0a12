"""The parts of the measurement that need no peer: rates, statistics, proposals, processes, the page."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("psutil")

from adrs.testing.llm_pool import read_pool
from tests.bench.peers import page, process, proposals, rates, statistics, tools
from tests.bench.peers.adapters import scoring
from tests.bench.peers.cells import QUICK, Cell, Plan, Results, searches, timed, untimed
from tests.bench.peers.install import PEERS

pytestmark = pytest.mark.checkout


def test_rates_are_of_a_window_of_evaluations() -> None:
    times = [0.1 * count for count in range(1, 201)] + [20.0 + count for count in range(1, 101)]
    assert rates.rate(times, 0, 200) == pytest.approx(10.0)
    assert rates.rate(times, 200, 300) == pytest.approx(1.0)
    assert rates.rate(times, 0, 301) is None
    assert rates.rate([5.0, 5.0], 0, 2) is None


def test_cpu_time_lies_on_lines_between_samples() -> None:
    samples = [(0.0, 1.0), (2.0, 2.0), (3.0, 4.0)]
    assert rates.cpu_between(samples, 1.0, 2.5) == pytest.approx(3.0 - 1.5)
    assert rates.cpu_between(samples, -5.0, 9.0) == pytest.approx(3.0)
    assert rates.cpu_between([], 0.0, 1.0) is None


def test_the_best_so_far_passes_over_failures() -> None:
    assert rates.best_so_far([None, 0.2, 0.1, None, 0.5]) == [None, 0.2, 0.2, 0.2, 0.5]


def test_proposals_are_different_programs_that_return_different_numbers(tmp_path: Path) -> None:
    initial = tools.tuning_program()
    texts = list(proposals.proposals(initial, 300, seed=1))
    assert texts == list(proposals.proposals(initial, 300, seed=1))
    answers = set()
    for text in texts:
        names: dict[str, Any] = {}
        exec(compile(text, "program.py", "exec"), names)
        answers.add(tuple(names["solve"](None, None)))
    assert len(answers) == 300
    assert {len(answer) for answer in answers} == {len(tools.target())}
    proposals.write(tmp_path / "pool.jsonl", initial, 5, seed=1)
    assert [each.text for each in read_pool(tmp_path / "pool.jsonl")] == texts[:5]


def test_a_program_is_scored_and_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "evaluations.jsonl"
    settings = {"log": str(log), "sleep_s": 0.0, "service": None, "target": tools.target()}
    (tmp_path / "scoring.json").write_text(json.dumps(settings), "utf-8")
    monkeypatch.setenv("PEERS_SCORING", str(tmp_path / "scoring.json"))
    initial = tools.tuning_program()
    far = scoring.score(initial)
    near = scoring.score(proposals.with_numbers(initial, tools.target()))
    broken = scoring.score("def solve(given, rng):\n    return [1]\n")
    assert 0 < far["score"] < near["score"] == 1.0
    assert (broken["valid"], broken["score"]) == (False, 0.0)
    done = tools.logged(tmp_path)
    assert [(one.value, one.valid) for one in done] == [(far["score"], True), (1.0, True), (None, False)]
    assert len({one.digest for one in done}) == 3


def test_the_mean_difference_over_problems_has_an_interval() -> None:
    ours = {name: [level, level + 0.2] * 5 for name, level in zip("abcd", (0.5, 0.6, 0.7, 0.8), strict=True)}
    theirs = {name: [score - 0.1 for score in scores] for name, scores in ours.items()}
    theirs["a"] = [score + 0.02 for score in theirs["a"]]
    found = statistics.difference(ours, theirs)
    assert found is not None
    assert found.mean == pytest.approx((0.08 + 0.1 * 3) / 4)
    assert found.high - found.mean == pytest.approx(3.1824 * 0.01 / math.sqrt(4), rel=1e-3)
    assert found.verdict == "ahead"
    assert statistics.difference(ours, {"e": [1.0]}) is None


@pytest.mark.parametrize(
    ("mean", "reach", "verdict"),
    [
        (0.05, 0.01, "ahead"),
        (0.0, 0.01, "not inferior"),
        (-0.01, 0.03, "not shown"),
        (-0.1, 0.01, "inferior"),
    ],
)
def test_verdicts_follow_from_the_interval_and_the_margin(mean: float, reach: float, verdict: str) -> None:
    assert statistics.Difference(mean, mean - reach, mean + reach, 4, 10).verdict == verdict


def test_few_seeds_get_no_verdict() -> None:
    assert statistics.Difference(0.5, 0.4, 0.6, 4, 5).verdict.startswith("none: 4 problems of 5 seeds")
    one = statistics.difference({"a": [1.0] * 10}, {"a": [0.5] * 10})
    assert one is not None
    assert one.verdict.startswith("none: 1 problems")


def test_every_cell_has_a_name_of_its_own_and_every_tool_its_turn() -> None:
    plan = Plan()
    wanted = [*timed(plan), *untimed(plan)] + [
        cell for problem in plan.problems for cell in searches(plan, problem)
    ]
    keys = [cell.key for cell in wanted]
    assert len(keys) == len(set(keys))
    first = [cell.tool for cell in timed(plan) if cell.name == "first200"][:: 1 + len(PEERS)]
    assert len(set(first)) == min(plan.repeats, 1 + len(PEERS)), "another tool begins each round"
    longest = [cell.speed.evaluations for cell in timed(plan) if cell.speed and cell.name == "growth"]
    assert (max(longest), min(longest)) == (2000, 1000)


def test_a_process_tree_is_measured_with_what_it_starts(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "work = 'sum(range(9_000_000))'\n"
        "subprocess.run([sys.executable, '-c', work]); subprocess.run([sys.executable, '-c', work])\n"
    )
    used = process.watch(
        [sys.executable, "-c", code], env=dict(os.environ), output=tmp_path / "out.txt", cap_s=60
    )
    assert used.code == 0
    assert used.left_over == 0
    assert 0.1 < used.cpu_s < 60
    assert used.peak_mib > 0.5


def test_what_outlives_a_killed_command_is_counted_and_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('up', flush=True); time.sleep(600)\n"
    )
    output = tmp_path / "out.txt"
    looks: list[int] = []

    def until() -> str:
        looks.append(1)
        return "killed" if output.read_text("utf-8") and len(looks) > 3 else ""

    used = process.watch(
        [sys.executable, "-c", code],
        env=dict(os.environ),
        output=output,
        cap_s=60,
        until=until,
        stop=signal.SIGKILL,
    )
    assert (used.why, used.code, used.left_over) == ("killed", None, 1)


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    used = process.watch(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        env=dict(os.environ),
        output=tmp_path / "out.txt",
        cap_s=0.5,
    )
    assert used.why == "out of time"
    assert used.wall_s < 30


def _result(**changes: Any) -> dict[str, Any]:
    plain = {
        "evaluations": 200, "wall_s": 4.0, "cpu_s": 2.0, "peak_mib": 100.0, "code": 0, "why": "",
        "left_over": 0, "said": "", "disk_mib": 1.0, "requests": 200, "in_flight_max": 4, "first_s": 1.0,
        "rate": 60.0, "measured_rate": 63.0,
        "windows": {"0-200": {"rate": 120.0, "cpu_ms": 9.0}}, "load": 0.5, "at": 0.0,
    }  # fmt: skip
    return {**plain, **changes}


def test_the_page_shows_medians_ranges_and_why_a_number_is_missing(tmp_path: Path) -> None:
    plan, results = Plan(repeats=3), Results(tmp_path)
    for cell in timed(plan):
        if cell.name == "first200" and cell.tool == "adrs":
            window = {"rate": 100.0 + cell.repeat, "cpu_ms": 9.0}
            results.put(cell, _result(windows={"0-200": window}))
        elif cell.name == "first200" and cell.tool == "shinka":
            results.put(cell, _result(windows={}, why="out of time", evaluations=70, wall_s=35.2))
        elif cell.name == "first200" and cell.tool == "gepa":
            results.put(cell, {"missing": "pip could not install it", "load": 0.5, "at": 0.0})
    first = page.speed_table(plan, results).splitlines()[2]
    assert first.split(" | ")[0] == "| evaluations/s, first 200"
    assert first.split(" | ")[1] == "101 [100-102]"
    assert "70 in 35 s, then stopped" in first
    assert "not installed" in first
    assert " - " in first, "what was not measured is a dash"


def test_the_page_is_whole_with_nothing_measured_and_with_everything(tmp_path: Path) -> None:
    machine = {
        "cores": 4, "memory_gib": 16, "python": "3.11.7", "system": "Linux 6", "commit": "abc",
        "date": "2026-11-21",
    }  # fmt: skip
    results = Results(tmp_path)
    assert "| flow_shop | - |" in page.page(QUICK, results, machine)
    for cell in searches(QUICK, "flow_shop"):
        curve = [0.1] * 50 + [0.9 if cell.tool == "adrs" else 0.8] * 50
        results.put(
            cell,
            {
                "evaluations": 100,
                "best": curve[-1],
                "area": 0.5,
                "curve": curve,
                "requests": 120,
                "best_of_100_requests": 0.7,
            },
        )
    results.put(
        Cell("kill", "openevolve", "kill"),
        {"why": "killed", "lost": 57, "evaluated": 257, "left_over": 4, "resumed_code": 0, "resumed_why": "",
         "kept_at_end": 297, "target": 297, "requests_in_all": 354},
    )  # fmt: skip
    results.put(
        Cell("fault", "adrs", "429"),
        {"evaluations": 40, "asked": 40, "requests": 80, "why": "", "code": 0, "wall_s": 9.1, "said": "",
         "reason": "trials",
         "billed_tokens": 4000, "recorded": {"calls": 40, "output_tokens": 4000, "cost_usd": 0.0}},
    )  # fmt: skip
    text = page.page(QUICK, results, machine)
    assert "57 of 257" in text
    assert "297 of 297" in text
    assert "answers of the model that came to nothing | - | 57 |" in text
    assert "40 of 40; 80 requests; code 0, 9 s" in text
    assert "| 4000 | 4000 | - | 40 of 40 | trials |" in text
    assert "| OpenEvolve 0.4.0 | +0.100 |" in text
    assert "| OpenEvolve 0.4.0 | -0.100 |" in text, "within 100 requests"
    assert "none: 1 problems of 1 seeds" in text
    assert "| flow_shop | +0.100 [-inf, +inf], - |" in text


def test_what_was_measured_is_put_between_the_marks_of_a_page() -> None:
    text = f"Before.\n{page.BEGIN}\nold\n{page.END}\nAfter.\n"
    assert page.within(text, "new\n") == f"Before.\n{page.BEGIN}\nnew\n{page.END}\nAfter.\n"
    with pytest.raises(ValueError, match="has no"):
        page.within("no marks", "new\n")
