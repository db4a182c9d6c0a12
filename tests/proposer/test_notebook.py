from __future__ import annotations

from dataclasses import replace
from typing import Any

from adrs.model.evaluation import Split
from adrs.model.problem import Objective
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, TrialState
from adrs.proposer.comparison import against, most_different
from adrs.proposer.notebook import BEST, RECENT, WORST, Notebook

COST = Objective(name="cost_usd", unit="USD", direction="minimize")
INITIAL = Program.of({"policy.py": "x = 0\n"})


def tried(make_trial: Any, number: int, note: str, value: float | None, reason: str = "") -> Any:
    program = Program.of({"policy.py": f"x = {number}\n"})
    trial = make_trial(program, number, [value if value is not None else 1.0] * 2)
    return replace(
        trial,
        candidate=Candidate(program, "rewrite", note),
        selection=Selection(INITIAL.digest),
        state=TrialState.COMPLETED if value is not None else TrialState.FAILED,
        reason=reason,
    )


def begun(make_trial: Any) -> Notebook:
    notebook = Notebook()
    notebook.tell(COST, make_trial(INITIAL, 0, [10.0, 10.0]))
    return notebook


def test_effects_are_measured_against_the_parent_in_the_objectives_direction(make_trial: Any) -> None:
    notebook = begun(make_trial)
    notebook.tell(COST, tried(make_trial, 1, "look ahead", 9.0))
    notebook.tell(COST, tried(make_trial, 2, "wait longer", 12.0))
    notebook.tell(COST, tried(make_trial, 3, "recurse", None, "timeout: over 10 s"))
    page = {title: [(line.note, line.effect) for line in lines] for title, lines in notebook.page(3)}
    assert page == {
        "Helped": [("look ahead", "+10 %")],
        "Hurt": [("wait longer", "-20 %")],
        "Did not run or was given up": [("recurse", "failed: timeout")],
    }


def test_where_train_grew_effects_are_against_what_was_measured_again(make_trial: Any) -> None:
    notebook = begun(make_trial)
    notebook.tell(COST, tried(make_trial, 1, "look ahead", 9.0))
    notebook.begin_epoch(COST, [make_trial(INITIAL, 0, [20.0] * 3)])
    notebook.tell(COST, tried(make_trial, 2, "wait longer", 18.0))
    notebook.tell(COST, replace(tried(make_trial, 3, "start anew", 22.0), selection=Selection(None)))
    page = {title: [(line.note, line.effect) for line in lines] for title, lines in notebook.page(3)}
    assert page == {
        "Helped": [("look ahead", "+10 %"), ("wait longer", "+10 %")],
        "Hurt": [("start anew", "-10 %")],
    }


def test_a_change_that_was_tried_several_times_is_one_line_with_its_error(make_trial: Any) -> None:
    notebook = begun(make_trial)
    for number, value in enumerate((9.0, 9.5, 8.5), 1):
        notebook.tell(COST, tried(make_trial, number, "Look ahead" if number == 2 else "look ahead", value))
    ((title, (line,)),) = notebook.page(3)
    assert (title, line.times, line.effect) == ("Helped", 3, "+10 % +/- 3")


def test_what_was_not_told_when_a_trial_was_asked_for_is_not_in_its_page(make_trial: Any) -> None:
    notebook = begun(make_trial)
    for number in range(1, 6):
        notebook.tell(COST, tried(make_trial, number, f"idea {number}", 10.0 - number))
    assert notebook.page(0) == []
    notes = [line.note for _, lines in notebook.page(2) for line in lines]
    assert sorted(notes) == ["idea 1", "idea 2"]


def test_a_page_never_grows(make_trial: Any) -> None:
    notebook = begun(make_trial)
    for number in range(1, 600):
        value = None if number % 5 == 0 else 10.0 + (number % 7 - 3)
        notebook.tell(COST, tried(make_trial, number, f"idea {number} " + "x" * 900, value, "crash: gone"))
    lines = [line for _, found in notebook.page(599) for line in found]
    assert len(lines) == BEST + 2 * WORST + RECENT
    assert sum(len(line.note) for line in lines) < 5000


def test_where_a_program_is_worse_is_named(make_evaluation: Any) -> None:
    ours, theirs = make_evaluation([10.0, 20.0, 12.0, 26.0]), make_evaluation([11.0, 20.0, 13.0, 20.0])
    said = against(COST, ours, theirs)
    assert said == "better on 2, worse on 1, equal on 1 of 4 workloads; most is lost on zones=2 (3 USD)"
    assert against(COST, ours, make_evaluation([1.0, 1.0], split=Split.TEST)) == ""


def test_inspirations_are_those_that_score_most_differently(make_trial: Any) -> None:
    def of(number: int, values: list[float]) -> Any:
        return make_trial(Program.of({"policy.py": f"x = {number}\n"}), number, values)

    parent = of(1, [10.0, 10.0, 10.0, 10.0])
    same, near, far, other = (
        of(2, [10.0, 10.0, 10.0, 10.0]),
        of(3, [10.0, 10.0, 10.0, 11.0]),
        of(4, [30.0, 10.0, 10.0, 10.0]),
        of(5, [10.0, 10.0, 20.0, 10.0]),
    )
    assert most_different(COST, parent, [same, near, far, other], 2) == (far, other)
    assert most_different(COST, parent, [same], 3) == (same,)
    unmeasured = replace(near, evaluation=None)
    assert most_different(COST, parent, [unmeasured, far], 1) == (far,)
