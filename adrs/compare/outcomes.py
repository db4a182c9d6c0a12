"""What every run of a comparison came to, on scales that can be put beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.compare.conduct import best_baseline, common_draw, on_train
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.model.trial import TrialState
from adrs.plugins.problems import initial_program


@dataclass(frozen=True)
class Scale:
    """Turns an objective's value into a share: 0 is the initial program, 1 the best baseline.

    Where no baseline is better than the initial program, 1 is an improvement by the initial program's own
    value.
    """

    initial: float
    span: float
    """What one whole share is, in the objective's unit and direction."""

    def share(self, value: float) -> float:
        """Return where a value lies."""
        return (value - self.initial) / self.span

    @classmethod
    def between(cls, initial: float, baseline: float | None, sign: int) -> Scale:
        """Return the scale between two aggregates in the objective's unit."""
        if baseline is not None and sign * (baseline - initial) > 0:
            return cls(initial, baseline - initial)
        return cls(initial, sign * (abs(initial) or 1.0))


@dataclass(frozen=True)
class Outcome:
    """One run."""

    problem: str
    """Id."""
    arm: str
    seed: int
    run_id: str
    depth: int | None
    """Edits from the initial program to the best on train; None where nothing completed."""
    curve: tuple[float, ...]
    """Best so far on train after each trial, as a share; the first is 0, of the initial program."""
    area: float
    """Mean of the curve over the trials, the initial program left out."""
    train: float
    """The end of the curve."""
    confirm: float | None
    """The champion's share on the draw that all arms have in common."""
    duplicates: int
    """Proposals that were rejected as duplicates."""
    seconds: float
    """Worked on the run."""


def read(
    archive: Archive, problem: Problem, seed: int, runs: Mapping[str, RunRecord], trials: int
) -> list[Outcome]:
    """Return the outcomes of one problem and seed.

    Args:
        archive: where the runs are.
        problem: whose runs.
        seed: of all of them.
        runs: by arm.
        trials: of each run.
    """
    drawn = common_draw(archive, problem, list(runs.values()))
    return [
        _outcome(archive, problem, seed, arm, run, trials, None if drawn is None else drawn[run.id])
        for arm, run in runs.items()
    ]


def _outcome(
    archive: Archive,
    problem: Problem,
    seed: int,
    arm: str,
    run: RunRecord,
    trials: int,
    drawn: Mapping[str, Evaluation] | None,
) -> Outcome:
    curve, best = _curve(archive, problem, run, trials)
    duplicates = sum(p.reason.startswith("duplicate") for p in archive.proposals(run.id))
    return Outcome(
        problem=problem.id,
        arm=arm,
        seed=seed,
        run_id=run.id,
        depth=None if best is None else len(archive.lineage(run.id, best)) - 1,
        curve=tuple(curve),
        area=sum(curve[1:]) / max(1, len(curve) - 1),
        train=curve[-1],
        confirm=None if drawn is None else _confirmed(archive, problem, run, drawn),
        duplicates=duplicates,
        seconds=run.seconds,
    )


def _curve(archive: Archive, problem: Problem, run: RunRecord, trials: int) -> tuple[list[float], int | None]:
    """Return the best so far on train after each trial, as shares, and the trial that made the last."""
    objective = problem.primary
    baseline = best_baseline(archive, problem)
    bar = None if baseline is None else on_train(archive, problem, baseline[1])
    curve: list[float] = []
    best: int | None = None
    scale: Scale | None = None
    for trial in archive.trials(run.id, told_order=True, light=True):
        done = trial.evaluation if trial.state is TrialState.COMPLETED else None
        value = None if done is None else done.objectives[objective.name]
        if scale is None:
            if value is None:
                continue  # the initial program is told first, and has completed
            scale, curve, best = Scale.between(value, bar, objective.sign), [0.0], trial.number
            continue
        share = -math.inf if value is None else scale.share(value)
        best = trial.number if share > curve[-1] else best
        curve.append(max(share, curve[-1]))
    curve = (curve or [0.0])[: trials + 1]
    return curve + [curve[-1]] * (trials + 1 - len(curve)), best


def _confirmed(archive: Archive, problem: Problem, run: RunRecord, drawn: Mapping[str, Evaluation]) -> float:
    name = problem.primary.name
    baseline = best_baseline(archive, problem)
    initial = drawn[initial_program(problem).digest].objectives[name]
    bar = None if baseline is None else drawn[baseline[1].digest].objectives[name]
    return Scale.between(initial, bar, problem.primary.sign).share(
        drawn[run.champion or run.initial].objectives[name]
    )
