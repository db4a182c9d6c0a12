"""Budgets, evaluations, trials and problems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adrs.model.budget import Budget, Usage
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.problem import Problem, ProblemSpec
from adrs.model.trial import Selection, Trial, TrialState

SPEC: dict[str, Any] = {
    "problem": {
        "id": "tiny",
        "version": 1,
        "title": "Tiny",
        "family": "test",
        "entry": "lib/policy.py:Policy",
        "evaluator": "Tiny",
    },
    "objective": [
        {"name": "cost", "unit": "USD", "direction": "minimize"},
        {"name": "rate", "unit": "1/s", "direction": "maximize"},
    ],
}


@pytest.mark.parametrize(
    ("usage", "limit"),
    [
        (Usage(), None),
        (Usage(trials=9, seconds=4.9, cost_usd=0.99), None),
        (Usage(trials=10), "trials"),
        (Usage(seconds=5.0), "seconds"),
        (Usage(cost_usd=1.0), "cost_usd"),
        (Usage(trials=11, cost_usd=2.0), "trials"),
    ],
)
def test_usage_names_the_first_limit_that_is_reached(usage: Usage, limit: str | None) -> None:
    assert usage.exhausts(Budget(10, 5.0, 1.0)) == limit
    assert usage.exhausts(Budget()) is None


def test_a_budget_of_nothing_is_spent_at_once() -> None:
    assert Usage().exhausts(Budget(cost_usd=0.0)) == "cost_usd"


def test_an_evaluation_shows_its_first_failure_in_workload_order() -> None:
    late, later = Failure(FailureKind.TIMEOUT, "late"), Failure(FailureKind.CRASH, "gone")
    results = tuple(
        WorkloadResult(i, "", {"cost": float(i)}, failure=f) for i, f in enumerate((None, late, later))
    )
    evaluation = Evaluation(Split.TRAIN, 0, results, {"cost": 1.0}, complete=True, isolated=False)
    assert evaluation.failure == late
    assert evaluation.values("cost") == (0.0, 1.0, 2.0)
    assert replace(evaluation, results=results[:1]).failure is None


def test_a_trial_names_the_kind_of_its_end() -> None:
    trial = Trial("run", 3, TrialState.FAILED, Selection(None), 2, reason="timeout: 3 s: too long")
    assert trial.kind == "timeout"
    with pytest.raises(ValueError, match="trial 3 has no candidate"):
        trial.program  # noqa: B018
    with pytest.raises(ValueError, match="trial 3 was not evaluated"):
        trial.measured  # noqa: B018


def test_a_problem_says_what_a_candidate_must_define() -> None:
    problem = Problem(spec=ProblemSpec.model_validate(SPEC), folder=Path("x"), digest="d")
    assert (problem.id, problem.entry_file, problem.entry_name) == ("tiny", "lib/policy.py", "Policy")
    assert (problem.primary.name, problem.primary.sign) == ("cost", -1)
    assert problem.spec.objective[1].sign == 1


def test_a_file_comes_from_the_own_folder_first(tmp_path: Path) -> None:
    own, base = tmp_path / "own", tmp_path / "base"
    for folder, names in ((own, ["a.py"]), (base, ["a.py", "b.py"])):
        folder.mkdir()
        for name in names:
            (folder / name).write_text("")
    problem = Problem(spec=ProblemSpec.model_validate(SPEC), folder=own, base=base, digest="d")
    assert problem.file("a.py") == own / "a.py"
    assert problem.file("b.py") == base / "b.py"
    assert problem.model_copy(update={"base": None}).file("b.py") == own / "b.py"


@pytest.mark.parametrize(
    "change",
    [
        {"objective": []},
        {"objective": [SPEC["objective"][0]] * 2},
        {"splits": {"stages": [8, 8]}},
        {"splits": {"stages": [200]}},
        {"splits": {"stages": [0, 5]}},
        {"limits": {"cpu_s": 0}},
        {"limits": {"memory_mib": 1}},
        {"baseline": [{"name": "a", "cite": "b"}]},
        {"baseline": [{"name": "a", "cite": "b", "kind": "cited", "file": "x"}]},
        {"extends": "../other"},
        {"unknown": 1},
    ],
)
def test_a_problem_that_says_something_unsound_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProblemSpec.model_validate({**SPEC, **change})
