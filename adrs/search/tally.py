"""What strategies have in common: which trials can be built on, and counts of what was told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from adrs.model.problem import Objective
from adrs.model.trial import TellStatus, Trial, TrialState


def primary_value(trial: Trial, objective: Objective) -> float | None:
    """Return a trial's value of an objective, turned so that larger is better.

    Returns:
        None for a trial that nothing can be built on: one that did not complete, was not measured on every
        workload of train, or has no finite value.
    """
    evaluation = trial.evaluation
    if trial.state is not TrialState.COMPLETED or trial.candidate is None or evaluation is None:
        return None
    value = evaluation.objectives.get(objective.name)
    if value is None or not evaluation.complete or not math.isfinite(value):
        return None
    return objective.sign * value


class Tally:
    """Counts of what was told, by state and by what was done with it."""

    def __init__(self) -> None:
        """Start from nothing."""
        self.told = 0
        self._states: Counter[TrialState] = Counter()
        self._statuses: Counter[TellStatus] = Counter()

    def add(self, trial: Trial, status: TellStatus) -> TellStatus:
        """Count one trial, and return its status."""
        self.told += 1
        self._states[trial.state] += 1
        self._statuses[status] += 1
        return status

    def health(self) -> dict[str, float]:
        """Return the counts by name, and `accept_rate`: the share of completed trials that were kept."""
        states: Mapping[str, float] = {
            state.value: self._states[state]
            for state in (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED, TrialState.REJECTED)
        }
        statuses: Mapping[str, float] = {status.value: self._statuses[status] for status in TellStatus}
        kept = self._statuses[TellStatus.NEW] + self._statuses[TellStatus.IMPROVED]
        rate = kept / max(1, self._states[TrialState.COMPLETED])
        return {"told": self.told, **states, **statuses, "accept_rate": rate}
