"""The one contract of every proposer: a selection becomes a candidate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from adrs.errors import ConfigError, did_you_mean
from adrs.model.budget import Budget
from adrs.model.call import ModelCall as ModelCall
from adrs.model.evaluation import Evaluation, Failure
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import Candidate, Selection, Trial


class Rejected(Exception):
    """A proposal cannot become a candidate: a bad edit, or outside the editable region.

    `kind` is one word such as `bad_edit`, `outside`, `unchanged`, `too_large`, `empty_answer`.
    """

    def __init__(self, kind: str, reason: str) -> None:
        """Keep the kind and the reason (one line)."""
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


Check = Callable[[Program], Awaitable[Failure | None]]
"""Says what the static gate has against a program, or None where it may be evaluated."""


@dataclass(frozen=True)
class ProposalRequest:
    """All that a proposer is told."""

    problem: Problem
    run_id: str
    trial_number: int
    attempt: int
    parent: Trial
    """A trial with candidate and evaluation: trial 0 holds the initial program."""
    inspirations: tuple[Trial, ...]
    initial: Trial
    rng: np.random.Generator
    check: Check
    """What the gate will say of a candidate, for a proposer that can do something about it. Said once and
    remembered: asking costs nothing later."""
    budget_left: Mapping[str, float] = field(default_factory=dict)
    asked_after: int = 0
    """How many trials had been told when this one was asked for: what is known of others ends there."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Train score of each baseline by name, in the primary objective's unit."""
    rival: tuple[str, Evaluation] | None = None
    """The best baseline on train, with its name."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """What a person set of the weights of this proposer's arms, by name; see `Proposer.weighed`."""
    failed: Trial | None = None
    """The trial that this one is to put right, where it is to put one right."""
    given: Candidate | None = None
    """What a person injected: it is taken as it is, and no proposer is asked."""
    idea: str = ""
    """What a person asked to be tried."""
    target: Mapping[str, int | str] = field(default_factory=dict)
    """The selection's, with what `Proposer.choose` put into it."""
    known: Collection[str] = ()
    """Normal forms (`adrs.model.normal_form`) of what this run has met: they need not be proposed again."""
    rejected: tuple[str, ...] = ()
    """Why earlier attempts of this trial were rejected, oldest first: `kind: reason`."""
    recorded: Mapping[str, str] = field(default_factory=dict)
    """Answers of this very attempt by role (`propose`, `repair`), recorded before the run was interrupted:
    they were paid for and are used, never asked for again."""


class Ledger(ABC):
    """Where money is reserved before a call and where an answer is kept before it is parsed."""

    @abstractmethod
    def reserve(self, cost_usd: float) -> None:
        """Set the worst-case price of a call aside.

        Raises:
            BudgetSpent: the budget cannot cover it.
        """

    @abstractmethod
    def settle(self, reserved_usd: float, call: ModelCall | None) -> None:
        """Release a reservation and record the call that it was for (None: no answer came)."""

    async def flush(self) -> None:  # noqa: B027  (what keeps nothing has nothing to flush)
        """Return when what was settled would outlive a loss of power."""


class BudgetSpent(Exception):
    """The dollars left cannot cover the worst case of another call."""


LedgerFor = Callable[[int, int], Ledger]
"""The ledger of one trial's attempt: (trial number, attempt)."""


class Proposer(ABC):
    """Turns a selection into a candidate. Safe to call concurrently from one event loop.

    An async context manager: entering it calls `start`, leaving it calls `close`.
    """

    async def __aenter__(self) -> Self:
        """Bring up what is needed."""
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Take it down again."""
        await self.close()

    def check_budget(self, budget: Budget) -> None:  # noqa: B027  (most have nothing to check)
        """Check, before anything is spent, that the limits can be held.

        Raises:
            ConfigError: a limit in dollars for a model whose price is not known.
        """

    @classmethod
    def weighed(cls, options: Mapping[str, object], changes: Mapping[str, float]) -> Mapping[str, float]:
        """Return the weights of all arms that a person may re-weight, as they are after some changes.

        An arm is something that is chosen among at random: a model, a kind of edit. Its weight says how much
        more often than by itself: 1 leaves it as it is, 0 turns it off. Nothing is opened to say so.

        Args:
            options: those that the proposer is made with.
            changes: weights by arm.

        Raises:
            ConfigError: there is no such arm, a weight is out of range, or nothing would be left to choose.
        """
        if changes:
            raise ConfigError("This proposer has nothing that can be re-weighted.")
        return {}

    def reweight(self, weights: Mapping[str, float]) -> None:  # noqa: B027  (most have no arms)
        """Heed a person's weights from the next `choose` on; said anew before each, so nothing adds up."""

    def choose(
        self, selection: Selection, rng: np.random.Generator, pending: Sequence[Selection]
    ) -> Selection:
        """Add to a selection what this proposer decides: who proposes, and how. Changes no state.

        It is recorded with the trial, before anything is spent on it.

        Args:
            selection: what the strategy asked for.
            rng: this trial's own random numbers for this purpose.
            pending: selections of trials that are in flight.
        """
        return selection

    def tell(self, problem: Problem, trial: Trial) -> None:  # noqa: B027  (most learn nothing)
        """Take in a trial that was told to the strategy: what a proposer knows is a fold over these."""

    def begin_epoch(self, problem: Problem, carried: Sequence[Trial]) -> None:  # noqa: B027  (most learn nothing)
        """Heed that train grew: scores that were told before do not compare with those to come.

        Args:
            problem: of the run.
            carried: what the search goes on with, measured again, the initial program first.
        """

    def health(self) -> Mapping[str, float]:
        """Return what shows how it chooses, for those who watch."""
        return {}

    async def start(self) -> None:  # noqa: B027  (some have nothing to bring up)
        """Bring up what is needed: worker processes, connections."""

    @abstractmethod
    async def propose(self, request: ProposalRequest, ledger: Ledger) -> Candidate:
        """Return a candidate that parses.

        Raises:
            Rejected: what was proposed cannot become a candidate.
            BudgetSpent: the dollars left do not cover another call.
            ProviderRefused: the provider refuses for good.
            ProviderError: the provider failed in a way that may pass.
        """

    async def close(self) -> None:  # noqa: B027  (nor to take down)
        """Take down what `start` brought up."""


MOST_WEIGHT = 1000.0


def checked_weights(
    arms: Collection[str], changes: Mapping[str, object], what: str = "arm"
) -> dict[str, float]:
    """Return weights by name.

    Args:
        arms: the names that there are.
        changes: what was asked for.
        what: what an arm is called, for the message.

    Raises:
        ConfigError: there is no such arm, or a weight is no number between 0 and `MOST_WEIGHT`.
    """
    found = {}
    for name, weight in changes.items():
        if name not in arms:
            raise ConfigError(
                f"There is no {what} {name!r}; {what}s are: {', '.join(arms)}.{did_you_mean(name, arms)}"
            )
        number = None if isinstance(weight, bool) or not isinstance(weight, int | float) else float(weight)
        if number is None or not 0 <= number <= MOST_WEIGHT:
            raise ConfigError(
                f"The weight of {name!r} must be a number between 0 and {MOST_WEIGHT:g}, not {weight!r}."
            )
        found[name] = number
    return found


def editable_files(problem: Problem, program: Program) -> tuple[str, ...]:
    """Return the files of a program that a candidate may change."""
    declared = problem.spec.problem.editable
    return declared or tuple(name for name, _ in program.files)
