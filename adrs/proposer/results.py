"""Says in a few lines what a program scored on train, for a prompt."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.trial import Trial
from adrs.proposer.text import clean, one_line

MAX_CELLS = 16


def number(value: float) -> str:
    """Return a number with five significant digits."""
    return f"{value:.5g}" if math.isfinite(value) else "none"


def describe(problem: Problem, trial: Trial) -> str:
    """Return one line: each objective, on how many workloads, and how many failed. Only ever of train."""
    evaluation = _train(trial)
    if evaluation is None:
        return f"not measured ({trial.kind})." if trial.kind.isidentifier() else "not measured."
    scores = ", ".join(
        f"{o.name} = {number(evaluation.objectives[o.name])} {o.unit}"
        for o in problem.spec.objective
        if o.name in evaluation.objectives
    )
    ran = len(evaluation.results)
    where = f"{ran} workloads" if evaluation.complete else f"the first {ran} workloads only"
    return f"{scores} (train, {where}){_failures(evaluation)}."


def _failures(evaluation: Evaluation) -> str:
    failed = [result.failure for result in evaluation.results if result.failure is not None]
    if not failed:
        return ""
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in Counter(f.kind.value for f in failed).most_common()
    )
    return f"; {len(failed)} workloads failed ({kinds})"


def feedback(trial: Trial, limit: int) -> str:
    """Return what the evaluator says of a program, and why its first failed workload failed: hostile text."""
    evaluation = _train(trial)
    if evaluation is None:
        return ""
    failure = evaluation.failure
    first = (
        f"\nFirst failed workload: {failure.kind.value}: {one_line(failure.reason, 300)}" if failure else ""
    )
    return clean(evaluation.feedback, limit).strip() + first


def cell_means(
    problem: Problem, compared: Sequence[tuple[str, Trial]], rival: tuple[str, Evaluation] | None = None
) -> list[Mapping[str, Any]]:
    """Return means of the primary objective per parameter cell, over workloads that all have.

    Args:
        problem: whose objective.
        compared: trials by the name of their column.
        rival: a baseline's evaluation, for a last column.
    """
    evaluations = [e for e in (_train(trial) for _, trial in compared) if e is not None]
    if len(evaluations) != len(compared) or not compared:
        return []
    if rival is not None:
        evaluations.append(rival[1])
    shared = min(len(e.results) for e in evaluations)
    sums: dict[str, list[list[float]]] = defaultdict(lambda: [[] for _ in evaluations])
    for place, evaluation in enumerate(evaluations):
        for result in evaluation.results[:shared]:
            sums[result.cell][place].append(result.values[problem.primary.name])
    if not 1 < len(sums) <= MAX_CELLS:
        return []
    return [
        {
            "name": one_line(cell, 80) or "other",
            "means": [number(fmean(values)) for values in columns if values],
        }
        for cell, columns in sorted(sums.items())
    ]


def columns(compared: Sequence[tuple[str, Trial]], rival: tuple[str, Evaluation] | None = None) -> str:
    """Return what the columns of `cell_means` are."""
    names = [name if name.startswith("this") else f"the {name} program" for name, _ in compared]
    return ", ".join([*names, *([one_line(rival[0], 80)] if rival else [])])


def _train(trial: Trial) -> Evaluation | None:
    evaluation = trial.evaluation
    return evaluation if evaluation is not None and evaluation.split is Split.TRAIN else None
