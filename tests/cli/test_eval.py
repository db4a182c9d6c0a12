import json

import pytest

from adrs.archive.store import Archive
from adrs.model.evaluation import Split

SLOW = (
    "from interface import Given\n\ndef solve(given, rng):\n    raise ValueError('\x1b[2J[red]boo[/red]')\n"
)


def test_a_score_has_an_interval_and_stands_beside_initial_baselines_and_bound(invoke):
    result = invoke("eval", "flow_shop", "baseline:longest job FIRST", "--workloads", 12)
    text = result.stdout

    assert result.exit_code == 0, result.stderr
    assert "12 workloads of train" in text
    for name in ("Longest job first", "initial program", "Johnson's rule", "bound: no program can pass it"):
        assert name in text
    assert "Longest job first against Johnson's rule" in text
    assert "to the bound" in text
    assert "Mean by cell" in text


def test_train_is_the_same_draw_every_time(invoke):
    scores = [
        json.loads(invoke("eval", "flow_shop", "initial", "--workloads", 6, "--json").stdout)["objectives"]
        for _ in range(2)
    ]

    assert scores[0] == scores[1]


def test_validation_is_drawn_afresh_and_counted(invoke, runs):
    found = [
        json.loads(
            invoke("eval", "flow_shop", "initial", "--split", "validation", "--workloads", 6, "--json").stdout
        )
        for _ in range(2)
    ]

    assert [each["opening"] for each in found] == [1, 2]
    assert found[0]["objectives"] != found[1]["objectives"]
    with Archive.open(runs) as archive:
        assert archive.openings("flow_shop", Split.VALIDATION) == 2


def test_the_optimum_reaches_the_bound(invoke):
    words = ("eval", "flow_shop", "baseline:Johnson's rule", "--workloads", 8, "--json")
    found = json.loads(invoke(*words).stdout)

    assert found["objectives"]["makespan_s"] == pytest.approx(found["bound"])
    assert found["gap_to_bound"] == pytest.approx(1.0)
    assert found["comparisons"][0]["reference"] == "initial program"
    assert len(found["workloads"]) == 8


def test_a_program_that_fails_counts_its_worst_and_says_why(invoke, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(SLOW.replace("\x1b", "\\x1b"))

    result = invoke("eval", "flow_shop", file, "--workloads", 5)

    assert result.exit_code == 0, result.stderr
    assert "5 workloads failed and count their worst: exception 5" in result.stdout
    assert "5 x exception: ValueError:" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("source", "kind"), [("def x(:\n", "syntax"), ("import os\n\ndef solve(given, rng): ...\n", "forbidden")]
)
def test_a_program_that_may_not_run_is_refused(invoke, tmp_path, source, kind):
    file = tmp_path / "mine.py"
    file.write_text(source)

    result = invoke("eval", "flow_shop", file)
    as_json = invoke("eval", "flow_shop", file, "--json")

    assert result.exit_code == 1
    assert f"mine.py is refused before it runs: {kind}" in result.stdout
    assert json.loads(as_json.stdout)["refused"]["kind"] == kind


def test_a_folder_is_the_whole_program(invoke, tmp_path):
    from adrs import bundle

    folder = bundle.root() / "problems" / "flow_shop" / "initial"
    found = json.loads(invoke("eval", "flow_shop", folder, "--workloads", 3, "--json").stdout)
    initial = json.loads(invoke("eval", "flow_shop", "initial", "--workloads", 3, "--json").stdout)

    assert found["name"] == "initial"
    assert found["program"] == initial["program"]
    assert found["objectives"] == initial["objectives"]
