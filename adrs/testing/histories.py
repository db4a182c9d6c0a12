"""Made-up histories of a run: asks and tells in any order, with any outcome, played to a strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from adrs.model.problem import Objective
from adrs.model.program import Program
from adrs.model.trial import Selection, TellStatus, Trial, TrialState
from adrs.search.contract import SearchSpace, Strategy
from adrs.testing.trials import MINIMIZE, toy_evaluation, toy_program, toy_trial


class Outcome(NamedTuple):
    """How a trial ends."""

    state: TrialState
    value: int
    """Of every workload, before `lean`."""
    lean: int
    """What the first half of the workloads has more, and the second less."""
    measures: tuple[float, float]


class Step(NamedTuple):
    """One step of a history: ask for a trial, or end one of those in flight."""

    ask: bool
    which: int
    outcome: Outcome


INITIAL = Outcome(TrialState.COMPLETED, 50, 0, (0.5, 0.5))
"""How the initial program does."""


@dataclass
class Asked:
    """One call of `ask`, with all that is needed to repeat it."""

    number: int
    told: int
    """How many trials had been told before."""
    pending: tuple[Selection, ...]
    selection: Selection


@dataclass
class History:
    """A run of a strategy without proposer, evaluator or archive.

    Trial numbers, random streams and the order of tells are as in a real run: `asked_after` is kept, and each
    trial has its own generator, `rng(number)`.
    """

    objective: Objective = MINIMIZE
    measured: bool = True
    """Whether evaluations have measures."""
    label: str = ""
    """Goes into every program, so that digests differ between histories that are otherwise the same."""
    asked: list[Asked] = field(default_factory=list)
    told: list[Trial] = field(default_factory=list)
    statuses: list[TellStatus] = field(default_factory=list)
    in_flight: list[Trial] = field(default_factory=list)

    @property
    def space(self) -> SearchSpace:
        """What the strategy is told of the problem."""
        return SearchSpace((self.objective,), self.program(0).digest)

    @property
    def pending(self) -> tuple[Selection, ...]:
        """The selections of the trials in flight."""
        return tuple(trial.selection for trial in self.in_flight)

    def program(self, number: int) -> Program:
        """Return the program that a trial makes."""
        return toy_program(f"{self.label} {number}")

    def number_of(self, digest: str | None) -> int | None:
        """Return the trial that made a program, or None."""
        if digest == self.space.initial:
            return 0
        made = (t.number for t in self.told if t.candidate and t.candidate.program.digest == digest)
        return next(made, None)

    def rng(self, number: int) -> np.random.Generator:
        """Return a trial's own random numbers, from the start at every call."""
        return np.random.default_rng([17, number])

    def start(self, strategy: Strategy) -> None:
        """Tell the initial program as trial 0."""
        self.finish(strategy, toy_trial(0, Selection(None)), INITIAL)

    def ask(self, strategy: Strategy) -> Selection:
        """Ask for the next trial, and put it in flight."""
        number = len(self.asked) + 1
        pending = self.pending
        selection = strategy.ask(number, self.rng(number), pending)
        self.asked.append(Asked(number, len(self.told), pending, selection))
        self.in_flight.append(toy_trial(number, selection, asked_after=len(self.told)))
        return selection

    def finish(self, strategy: Strategy, trial: Trial, outcome: Outcome) -> TellStatus:
        """End a trial, and tell it."""
        self.in_flight = [other for other in self.in_flight if other.number != trial.number]
        ended = self.ended(trial, outcome)
        self.told.append(ended)
        self.statuses.append(strategy.tell(ended))
        return self.statuses[-1]

    def ended(self, trial: Trial, outcome: Outcome) -> Trial:
        """Return a trial as it would be told."""
        sign = -self.objective.sign
        half = [outcome.lean, outcome.lean, -outcome.lean, -outcome.lean]
        measured = trial.number == 0 or outcome.state in (TrialState.COMPLETED, TrialState.PRUNED)
        evaluation = toy_evaluation(
            [float(sign * (outcome.value + more)) for more in half],
            objective=self.objective,
            measures=dict(zip("ab", outcome.measures, strict=True)) if self.measured else None,
            cells=["first", "first", "second", "second"],
            complete=outcome.state is TrialState.COMPLETED,
        )
        return replace(
            toy_trial(trial.number, trial.selection, program=self.program(trial.number), state=outcome.state),
            evaluation=evaluation if measured else None,
            asked_after=trial.asked_after,
        )

    def play(self, strategy: Strategy, steps: Sequence[Step]) -> History:
        """Start, and take every step; one that ends a trial asks instead where none is in flight."""
        self.start(strategy)
        for step in steps:
            if step.ask or not self.in_flight:
                self.ask(strategy)
            else:
                self.finish(strategy, self.in_flight[step.which % len(self.in_flight)], step.outcome)
        return self


def random_outcomes(seed: int) -> np.random.Generator:
    """Return the generator that `random_outcome` draws a long history from."""
    return np.random.default_rng([23, seed])


def random_outcome(rng: np.random.Generator) -> Outcome:
    """Return an outcome: seven of ten trials complete, with values and measures all over their range."""
    ends = (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED, TrialState.REJECTED)
    state = ends[int(rng.choice(4, p=(0.7, 0.1, 0.1, 0.1)))]
    a, b = rng.random(2)
    return Outcome(state, int(rng.integers(1, 1_000_000)), int(rng.integers(0, 10)), (float(a), float(b)))
