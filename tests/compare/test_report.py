import json
import math
from xml.etree import ElementTree

import pytest

from adrs.compare.outcomes import Outcome, Scale
from adrs.compare.plan import make_plan
from adrs.compare.report import Report, as_plain, as_text, table, write
from adrs.compare.svg import band_plot, matrix_plot

PLAN = make_plan({"a": "flow_shop", "b": "eplb"}, ["pareto"], against=None, seeds=2, trials=3)
LEVELS = {"pareto": 1.2, "best_of_n": 0.4, "hill_climb": 0.4, "tuned initial": 0.1, "tuned baseline": 1.0}


def outcome(problem, arm, seed):
    share = LEVELS[arm] + 0.1 * seed + (0.5 if problem == "b" else 0)
    curve = (0.0, share / 2, share, share)
    return Outcome(problem, arm, seed, "RUN", 2, curve, share * 5 / 6, share, share, 7, 1.5)


REPORT = Report.of(PLAN, [outcome(p, a, s) for p in "ab" for a in PLAN.arms for s in range(2)])


def test_a_scale_goes_from_the_initial_program_to_the_best_baseline():
    smaller = Scale.between(10.0, 4.0, -1)
    assert [smaller.share(value) for value in (10, 4, 7, 1, 13)] == [0, 1, 0.5, 1.5, -0.5]
    no_better = Scale.between(10.0, 12.0, -1)
    assert [no_better.share(value) for value in (10, 5, 12)] == [0, 0.5, -0.2]
    elsewhere = smaller.on(20.0)
    assert [elsewhere.share(value) for value in (20, 8, 14)] == [0, 1, 0.5]
    assert Scale.between(0.0, None, 1).share(0.3) == pytest.approx(0.3)


def test_wins_split_and_verdict():
    wins = REPORT.wins()
    assert wins["pareto"]["best_of_n"] == 2
    assert wins["best_of_n"]["pareto"] == 0
    assert wins["hill_climb"]["best_of_n"] == 1.0, "equal counts a half on each problem"
    assert REPORT.split()["a"] == pytest.approx((0.15, 1.1))
    assert REPORT.primary.difference == pytest.approx(0.8)
    assert REPORT.primary.verdict == "none: a verdict needs 10 seeds, and has 2"


def test_the_text_says_n_every_control_and_no_verdict():
    text = as_text(REPORT)
    for arm in PLAN.arms:
        assert f"| {arm} " in text
    assert "Verdict: none: a verdict needs 10 seeds" in text
    assert "2, 2" in text
    assert "detectable" in text


def test_without_a_complete_seed_there_is_nothing_to_say():
    assert as_text(Report.of(PLAN, [])).endswith("No seed is complete yet.\n")


def test_tables_line_up():
    lines = table([["name", "n"], ["long name", "1"], ["x", "200"]]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1] == "| --------- | --: |"


def test_everything_is_written_and_the_json_is_strict(tmp_path):
    paths = write(REPORT, tmp_path)
    assert {path.name for path in paths} == {"compare.json", "compare.md", "wins.svg", "a.svg", "b.svg"}
    read = json.loads((tmp_path / "compare.json").read_text(), parse_constant=pytest.fail)
    assert read["per_problem"][0]["n"] == [2, 2]
    assert read["wins"] == REPORT.wins()
    one = Report.of(PLAN, [outcome("a", arm, 0) for arm in PLAN.arms])
    assert one.primary.high == math.inf
    json.dumps(as_plain(one), allow_nan=False)


def test_plots_are_pictures_whatever_the_names_are():
    plot = band_plot({"<a & b>": [(0.0, 1.0, 2.0), (0.0, 0.5, 1.0)], "c": [(0.0, 0.0, 0.0)]}, "t<", "x", "y")
    root = ElementTree.fromstring(plot)
    kinds = [element.tag.split("}")[1] for element in root.iter()]
    assert kinds.count("polyline") == 2
    assert kinds.count("polygon") == 1, "a band needs two seeds"
    flat = band_plot({"a": [(0.0, 0.0)]}, "flat", "x", "y")
    assert "nan" not in flat
    cells = ElementTree.fromstring(matrix_plot(REPORT.wins(), "wins"))
    assert sum(element.tag.endswith("rect") for element in cells.iter()) == 5 * 4
