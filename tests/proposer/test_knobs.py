import ast
import math

import pytest

from adrs.proposer.knobs import FURTHEST, knobs, tune_source, with_points

SOURCE = '''
RATE = 0.5


class Policy:
    """Waits 3.5 hours."""

    def __init__(self, slack: float = 2.5):
        self.table = [1, 2, 30]
        for turn in range(10):
            pass

    def step(self, o):
        é = 12; y = o.prices[3] + 7.25
        return 0.0 if o.x ** 2 > 3e3 and f"{o.x:5.2}" else -4.5
'''


def values(text):
    return [(knob.value, knob.whole) for knob in knobs({"p.py": text}, ["p.py"])]


def test_quantities_are_knobs_and_positions_exponents_turns_and_text_are_not():
    assert values(SOURCE) == [
        (0.5, False),
        (2.5, False),
        (2.0, True),
        (30.0, True),
        (12.0, True),
        (7.25, False),
        (0.0, False),
        (3000.0, False),
        (4.5, False),
    ]


def test_only_the_editable_part_and_editable_files_have_knobs():
    text = "A = 0.5\n# EVOLVE-BLOCK-START\nB = 0.25\n# EVOLVE-BLOCK-END\nC = 0.125\n"
    assert values(text) == [(0.25, False)]
    assert (
        knobs({"p.py": "A = 0.5\n", "q.py": "B = 0.5\n", "t.txt": "0.5"}, ["p.py", "t.txt"])[0].path == "p.py"
    )


def test_a_point_of_zeros_changes_nothing_that_counts_and_any_point_parses_and_is_read_back():
    files = {"p.py": SOURCE}
    found = knobs(files, ["p.py"])
    same = with_points(files, found, [0.0] * len(found))["p.py"]
    assert ast.dump(ast.parse(same)) == ast.dump(ast.parse(SOURCE))
    point = [0.5, -0.5, 1.0, -2.0, 0.1, 0.2, -0.75, 0.3, -0.4]
    moved = with_points(files, found, point)
    again = knobs(moved, ["p.py"])
    assert len(again) == len(found)
    read = [knob.place(other) for knob, other in zip(found, again, strict=True)]
    assert read == pytest.approx(point, abs=0.15)
    assert read[6] == pytest.approx(-0.75), "a nought that became negative keeps its sign"


def test_numbers_keep_their_sign_and_stay_within_reach():
    found = knobs({"p.py": "A = -4.5\nB = 3\n"}, ["p.py"])
    files = with_points({"p.py": "A = -4.5\nB = 3\n"}, found, [50.0, -50.0])
    assert files["p.py"] == f"A = -{float(f'{4.5 * math.exp(FURTHEST):.4g}')!r}\nB = 2\n"


def distance(text):
    wanted = [0.9, 0.5, 4, 20, 8, 9, 0.3, 1e3, 9.0]
    found = [max(1e-9, knob.value) for knob in knobs({"p.py": text}, ["p.py"])]
    return sum(math.log(a / b) ** 2 for a, b in zip(found, wanted, strict=True))


def test_the_tuner_gets_near_the_best_constants_and_is_a_fold_over_its_history():
    history = []
    for trial in range(90):
        answer = tune_source(files={"p.py": SOURCE}, editable=["p.py"], history=history, seed=trial * 7919)
        history.append({"files": answer["files"], "value": -distance(answer["files"]["p.py"])})
    first = sum(entry["value"] for entry in history[:20]) / 20
    last = sum(entry["value"] for entry in history[-20:]) / 20
    assert last > 0.6 * first, "the last are far better on average than the first"
    assert max(entry["value"] for entry in history) > -1.5
    again = tune_source(files={"p.py": SOURCE}, editable=["p.py"], history=history[:50], seed=50 * 7919)
    assert again["files"] == history[50]["files"]


def test_a_sample_after_refused_ones_goes_further():
    def spread(attempt):
        moved = [
            tune_source(
                files={"p.py": "A = 1.0\n"}, editable=["p.py"], history=[], seed=seed, attempt=attempt
            )
            for seed in range(40)
        ]
        return sum(abs(math.log(float(answer["files"]["p.py"][4:]))) for answer in moved)

    assert spread(10) > 3 * spread(0)


def test_programs_without_constants_and_broken_ones_are_refused():
    none = tune_source(
        files={"p.py": "def f(x):\n    return x[0] + 1\n"}, editable=["p.py"], history=[], seed=0
    )
    assert none["rejected"][0] == "no_constants"
    broken = tune_source(files={"p.py": "def f(:\n"}, editable=["p.py"], history=[], seed=0)
    assert broken["rejected"][0] == "bad_edit"


def test_a_history_of_another_program_is_left_out():
    other = [{"files": {"p.py": "A = 1.0\n"}, "value": 1.0}, {"files": {"p.py": "A = (\n"}, "value": 2.0}] * 9
    plain = tune_source(files={"p.py": SOURCE}, editable=["p.py"], history=[], seed=3)
    assert tune_source(files={"p.py": SOURCE}, editable=["p.py"], history=other, seed=3) == plain
