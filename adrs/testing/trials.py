"""Trials made of numbers alone: what a strategy, a store or a page is fed when nothing is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adrs.model.evaluation import Evaluation, Split, WorkloadResult
from adrs.model.problem import Objective
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial, TrialState
from adrs.stats.aggregate import aggregate

MINIMIZE = Objective(name="cost", unit="USD", direction="minimize")
MAXIMIZE = Objective(name="cost", unit="USD", direction="maximize")


def toy_program(text: str) -> Program:
    """Return a program of one file that holds a text as a comment: as many digests as texts."""
    return Program.of({"program.py": f"# {text}\n"})


def toy_evaluation(
    values: Sequence[float],
    *,
    objective: Objective = MINIMIZE,
    measures: Mapping[str, float] | None = None,
    cells: Sequence[str] | None = None,
    complete: bool = True,
) -> Evaluation:
    """Return an evaluation on train with these values of one objective.

    Args:
        values: one per workload, in the objective's unit.
        objective: the only one; its declared aggregate is taken.
        measures: where the program lives in an elite grid.
        cells: the parameter cell of each workload; all alike if not given.
        complete: whether every workload of the split was measured.
    """
    names = cells or [""] * len(values)
    return Evaluation(
        split=Split.TRAIN,
        opening=0,
        results=tuple(
            WorkloadResult(index=index, cell=cell, values={objective.name: value})
            for index, (value, cell) in enumerate(zip(values, names, strict=True))
        ),
        objectives={objective.name: aggregate(objective.aggregate, values)},
        complete=complete,
        isolated=False,
        measures=dict(measures or {}),
    )


def toy_trial(
    number: int,
    selection: Selection,
    *,
    program: Program | None = None,
    state: TrialState = TrialState.COMPLETED,
    evaluation: Evaluation | None = None,
    asked_after: int = 0,
) -> Trial:
    """Return a trial that has ended; without a program, one of its own number."""
    return Trial(
        run_id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        number=number,
        state=state,
        selection=selection,
        asked_after=asked_after,
        candidate=Candidate(program or toy_program(f"trial {number}"), edit="toy"),
        evaluation=evaluation,
        reason="" if state is TrialState.COMPLETED else f"{state.value}: made up",
    )
