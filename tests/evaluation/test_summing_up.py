"""An evaluator that cannot sum up a candidate's results: whose fault that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from adrs.errors import EvaluatorBroken
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.model.evaluation import Evaluation, FailureKind
from adrs.model.program import Program
from adrs.model.trial import TrialState
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox.contract import Sandbox

DEFECT = """
    def measures(self, results):
        return {"share": 1 / sum(metrics["distance"] > LIMIT for _, metrics in results if metrics)}
"""


@pytest.fixture
def defective(own_tiny: Path) -> Callable[[float], Path]:
    """The tiny problem, with measures that divide by how many distances are over a limit."""

    def make(limit: float) -> Path:
        text = (own_tiny / "evaluate.py").read_text()
        start = text.index("    def measures")
        end = text.index("    def feedback")
        (own_tiny / "evaluate.py").write_text(
            text[:start] + DEFECT.replace("LIMIT", str(limit)).lstrip("\n") + "\n" + text[end:]
        )
        return own_tiny

    return make


async def evaluate(
    folder: Path, sandbox: Sandbox, train: Source, body: str, bar: Evaluation | None = None
) -> tuple[Evaluation | None, TrialState, str]:
    problem = find_problem(str(folder))
    initial = initial_program(problem)
    program = Program.of({"solve.py": f"def solve(given, rng):\n    {body}\n"})
    pool = EvaluationPool(problem, sandbox, workers=1, initial=initial)
    async with pool, Cascade(problem, pool) as cascade:
        if bar is None:
            bar = (await cascade.evaluate(initial, train)).evaluation
        outcome = await cascade.evaluate(program, train, bar=bar)
    return outcome.evaluation, outcome.state, outcome.reason


def test_where_only_the_candidates_cannot_be_it_has_failed_and_counts_worst(
    defective: Callable[[float], Path], sandbox: Sandbox, train: Source
) -> None:
    exact = "return given.target"  # no distance at all: the measures divide by 0
    evaluation, state, reason = asyncio.run(evaluate(defective(0), sandbox, train, exact))

    assert state is TrialState.FAILED
    assert reason.startswith("invalid: ")
    assert "ZeroDivisionError" in reason
    assert evaluation is not None
    assert evaluation.objectives["distance"] == 1000.0
    assert evaluation.failure is not None
    assert evaluation.failure.kind is FailureKind.INVALID


def test_where_no_ones_can_be_the_evaluator_is_broken(
    defective: Callable[[float], Path], sandbox: Sandbox, train: Source
) -> None:
    with pytest.raises(EvaluatorBroken, match="ZeroDivisionError"):
        asyncio.run(evaluate(defective(10**6), sandbox, train, "return given.target"))
