"""What every run of a comparison came to, on scales that can be put beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from adrs.archive.store import Archive
from adrs.compare.conduct import best_baseline, common_draw, on_train
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.model.trial import TrialState
from adrs.plugins.problems import initial_program


@dataclass(frozen=True)
class Scale:
    """Turns an objective's value into a share: 0 is the initial program, 1 gains what the best baseline does.

    Gains are relative to the initial program's value on the same workloads, and the baseline's is its gain on
    train, the same for every draw: a scale that moved with each draw would add its noise to every arm. Where
    no baseline is better than the initial program, 1 is a gain by the initial program's own value.
    """

    initial: float
    unit: float
    """The relative gain that counts as 1, turned so that larger is better."""
    sign: int

    def share(self, value: float) -> float:
        """Return where a value lies."""
        return _gain(self.initial, value, self.sign) / self.unit

    def on(self, initial: float) -> Scale:
        """Return the scale on other workloads, by what the initial program reaches there."""
        return replace(self, initial=initial)

    @classmethod
    def between(cls, initial: float, baseline: float | None, sign: int) -> Scale:
        """Return the scale between two aggregates on train, in the objective's unit."""
        gain = 0.0 if baseline is None else _gain(initial, baseline, sign)
        return cls(initial, gain if gain > 0 else 1.0, sign)


def _gain(initial: float, value: float, sign: int) -> float:
    return sign * (value - initial) / (abs(initial) or 1.0)


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
    curve, best, scale = _curve(archive, problem, run, trials)
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
        confirm=None if drawn is None or scale is None else _confirmed(problem, run, drawn, scale),
        duplicates=duplicates,
        seconds=run.seconds,
    )


def _curve(
    archive: Archive, problem: Problem, run: RunRecord, trials: int
) -> tuple[list[float], int | None, Scale | None]:
    """Return the best so far on train after each trial, the trial that made the last, and the scale."""
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
    return curve + [curve[-1]] * (trials + 1 - len(curve)), best, scale


def _confirmed(problem: Problem, run: RunRecord, drawn: Mapping[str, Evaluation], scale: Scale) -> float:
    name = problem.primary.name
    initial = drawn[initial_program(problem).digest].objectives[name]
    return scale.on(initial).share(drawn[run.champion or run.initial].objectives[name])
