"""What a run tells those who watch it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field

from adrs.model.budget import Budget, Usage
from adrs.model.problem import Objective
from adrs.model.trial import Trial, TrialState

Notify = Callable[["Progress", str], None]
"""Called after every change; the text is one line for a log, or empty where only numbers moved."""


@dataclass
class Progress:
    """The state of a run as the live view shows it. Written by the loop alone."""

    run_id: str
    problem_id: str
    objective: Objective
    budget: Budget
    strategy: str
    proposer: str
    sandbox: str
    workers: int
    usage: Usage = field(default_factory=Usage)
    states: Counter[TrialState] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    """Proposals that were rejected before evaluation, by kind. They cost no trial."""
    initial: float | None = None
    """Train aggregate of the initial program."""
    best: float | None = None
    best_trial: int | None = None
    history: list[tuple[int, float]] = field(default_factory=list)
    """Each improvement on train: (trials told, best so far)."""
    champion: str | None = None
    champion_trial: int | None = None
    promotions: int = 0
    challenges_lost: int = 0
    train: int = 0
    """How many workloads train has; 0 while that is not known."""
    grown: int | None = None
    """The first trial on a train set that has grown; None where it never grew."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Train aggregate of each baseline that was measured, by name."""
    bound: float | None = None
    in_flight: int = 0
    count_busy: Callable[[], int] = lambda: 0
    phase: str = "starting"
    """`starting`, `searching`, `growing`, `draining`, `confirming` or `done`."""
    health: Mapping[str, float] = field(default_factory=dict)

    @property
    def busy(self) -> int:
        """Workers that evaluate at this moment."""
        return self.count_busy()

    @property
    def best_baseline(self) -> tuple[str, float] | None:
        """The baseline that is hardest to pass on train, and its aggregate."""
        if not self.baselines:
            return None
        return max(self.baselines.items(), key=lambda item: self.objective.sign * item[1])

    def improves(self, value: float) -> bool:
        """Whether a train aggregate is better than the best so far."""
        return self.best is None or self.objective.sign * (value - self.best) > 0

    def begin_epoch(self, train: int, grown: int | None) -> None:
        """Forget what was best and counted: everything of the run is taken in anew.

        Args:
            train: how many workloads train has.
            grown: the first trial on them, where train grew.
        """
        self.train, self.grown = train, grown
        self.best = self.best_trial = None
        self.states.clear()
        self.history.clear()

    def take(self, trial: Trial, told: int, *, counted: bool = True) -> bool:
        """Take in a trial that was told; return whether it is the best so far on train.

        Trial 0, the initial program, is where the best begins; it is not counted.

        Args:
            trial: of this epoch.
            told: how many trials of the run had been told.
            counted: whether it is a trial now, and none that was measured again.
        """
        if trial.number > 0 and counted:
            self.states[trial.state] += 1
        if not self._ranks(trial):
            return False
        self.history.append((told, trial.measured.objectives[self.objective.name]))
        return True

    def rank_again(self, trials: Iterable[Trial], banned: Container[str]) -> None:
        """Find the best on train anew; what was the best before stays in the history.

        Args:
            trials: all that were told, in the order of the tells.
            banned: digests of programs that do not count.
        """
        self.best = self.best_trial = None
        for trial in trials:
            if trial.candidate is None or trial.program.digest not in banned:
                self._ranks(trial)

    def _ranks(self, trial: Trial) -> bool:
        """Take in a trial's score; return whether it is the best so far on train."""
        if trial.state is not TrialState.COMPLETED or trial.evaluation is None:
            return False
        value = trial.evaluation.objectives[self.objective.name]
        if not self.improves(value):
            return False
        self.best, self.best_trial = value, trial.number
        return True
