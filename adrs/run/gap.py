"""The gap between train and validation: how much of a lead on train is not there on validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.evaluation.comparison import compare
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective
from adrs.model.records import EvaluationRecord, Purpose
from adrs.run.growth import Epoch
from adrs.stats.interval import Interval, difference


@dataclass(frozen=True)
class Challenge:
    """A challenger against the champion of its time: what it led by on train, and on validation."""

    trial: int | None
    train: float
    """Lead in percent of the champion's aggregate; above 0 is better."""
    validation: float
    gap: Interval | None = None
    """By how many points the lead on train is larger than that on validation, at 95 %; None where a lead has
    no percentage."""

    @property
    def opened(self) -> bool:
        """Whether less of the lead holds on validation than chance explains: the train set is overfitted."""
        return self.gap is not None and self.gap.low > 0


def challenges(
    archive: Archive, objective: Objective, epochs: Sequence[Epoch], after: int = 0
) -> list[Challenge]:
    """Return every challenge of a run that came to validation: challenger and champion on one draw.

    Args:
        archive: where the run is.
        objective: what they are compared by.
        epochs: of the run; both were measured on the train set of the epoch of their challenge.
        after: only challenges on later draws than this one.
    """
    draws: dict[int, list[EvaluationRecord]] = {}
    for record in archive.evaluations(run_id=epochs[-1].run.id, purpose=Purpose.VALIDATION):
        if record.evaluation.opening > after:
            draws.setdefault(record.evaluation.opening, []).append(record)
    found = []
    for opening, pair in draws.items():
        epoch = [each for each in epochs if each.growth is None or each.growth.opening < opening][-1]
        known = [epoch.find(record.program) for record in pair]
        if len(pair) != 2 or any(trial is None or trial.evaluation is None for trial in known):
            continue
        challenger, champion = (trial for trial in known if trial is not None)
        found.append(
            Challenge(
                challenger.number,
                _lead(challenger.measured, champion.measured, objective),
                _lead(pair[0].evaluation, pair[1].evaluation, objective),
                gap(
                    compare(challenger.measured, champion.measured, objective).improvement_percent,
                    compare(pair[0].evaluation, pair[1].evaluation, objective).improvement_percent,
                ),
            )
        )
    return found


def _lead(ours: Evaluation, theirs: Evaluation, objective: Objective) -> float:
    bar = theirs.objectives[objective.name]
    return 100 * objective.sign * (ours.objectives[objective.name] - bar) / (abs(bar) or 1.0)


def gap(train: Interval | None, validation: Interval | None) -> Interval | None:
    """Return by how much a lead on train is larger than that on validation, in points."""
    return None if train is None or validation is None else difference(train, validation)
