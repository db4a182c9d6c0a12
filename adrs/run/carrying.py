"""When the train set of a run grows, and measuring what is carried over to the larger one."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.errors import ProblemError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.trial import Trial, TrialState
from adrs.run.gap import challenges
from adrs.run.growth import Epoch, Growth, carry, chosen, grown, record
from adrs.run.repeats import REMEASURED, average, is_noisy

GROWS = "train grows"
"""How a loop says that it ended only because train grows."""


@dataclass
class Growing:
    """Decides, for one epoch of a run, whether train grows at its end."""

    archive: Archive
    problem: Problem
    epochs: Sequence[Epoch]
    """Of the run; the last is the one that goes on."""
    count: int
    """How many workloads train has next: no more than now where it may not grow any more."""
    recorded: Sequence[Growth] | None = None
    """What a replay keeps to: the growths of the recorded run. A replay's own draws of validation say
    nothing about them."""
    _open: bool = False

    def __post_init__(self) -> None:
        """Take up what an earlier session saw."""
        self.look()

    @property
    def epoch(self) -> Epoch:
        """The epoch that goes on."""
        return self.epochs[-1]

    @property
    def waits(self) -> bool:
        """Whether a trial has to wait for the challenge under way: it may belong to the next epoch.

        Else it would depend on how fast a challenge is measured which trials are on which train set.
        """
        return self.recorded is None and self.count > self.epoch.workloads(self.problem)

    def look(self) -> None:
        """Look at the challenges of this epoch: one open gap is enough."""
        if self.waits and not self._open:
            after = 0 if self.epoch.growth is None else self.epoch.growth.opening
            found = challenges(self.archive, self.problem.primary, self.epochs, after)
            self._open = any(one.opened for one in found)

    def due(self, number: int) -> bool:
        """Whether train grows before a trial is asked for.

        Args:
            number: of the trial.
        """
        if self.recorded is None:
            return self._open
        following = self.recorded[len(self.epochs) - 1 :]
        return bool(following) and following[0].before <= number

    def grow(self, number: int, banned: Container[str], champion: str) -> Growth:
        """Record that train grows before a trial, and return how.

        Args:
            number: of the trial.
            banned: digests of what is not carried over.
            champion: digest of the run's champion now.
        """
        run_id = self.epoch.run.id
        drawn = [
            one.evaluation.opening
            for one in self.archive.evaluations(run_id=run_id, purpose=Purpose.VALIDATION)
        ]
        carried, count = chosen(self.epoch, self.problem.primary, banned, champion), self.count
        if self.recorded is not None:
            said = self.recorded[len(self.epochs) - 1]
            carried, count = said.carried, said.count
        growth = Growth(number, count, carried, max(drawn, default=0))
        record(self.archive, run_id, growth)
        return growth


async def next_count(pool: EvaluationPool, problem: Problem, train: Source, count: int) -> int:
    """Return how many workloads train would have after it grew: fewer where a source has no more.

    Args:
        pool: draws them.
        problem: whose they are.
        train: where they come from.
        count: how many train has now.
    """
    wanted = grown(count, problem.spec.splits.train)
    return max(count, min(wanted, len(await pool.workloads(train, wanted))))


@dataclass(frozen=True)
class Carrier:
    """Measures on an epoch's train set, all of it, what is carried over from earlier epochs."""

    archive: Archive
    cascade: Cascade
    problem: Problem
    train: Source
    epoch: Epoch

    async def enter(self) -> None:
        """Measure what the epoch begins with; what the archive knows already is not measured again.

        Raises:
            ProblemError: the initial program fails on the larger set.
            EvaluatorBroken: the evaluator does.
        """
        growth = self.epoch.growth
        for digest in (self.epoch.run.initial, *growth.carried) if growth else ():
            origin = self.epoch.origin(digest)
            if origin is not None:
                self.epoch.carried[digest] = await self.carry(origin)
            first = self.epoch.carried[self.epoch.run.initial]
            if first.state is not TrialState.COMPLETED:
                raise ProblemError(
                    f"The initial program of {self.problem.id!r} fails on a workload that came when train "
                    f"grew ({first.reason}); begin a run without grow_train."
                )

    async def carry(self, trial: Trial) -> Trial:
        """Return a trial as it was measured in the epoch, and measure its program now where it was not."""
        if self.epoch.growth is None:
            return trial
        known = self.epoch.find(trial.program.digest)
        if known is not None:
            return known
        again = await self._measure(trial.program, self.epoch.growth.count)
        self.archive.record_evaluation(self.epoch.run.id, trial.program, again, Purpose.GROWN)
        return carry(trial, again)

    async def _measure(self, program: Program, count: int) -> Evaluation:
        """Measure once, or as often as a promising candidate where there is noise: it was chosen before."""
        repeats = range(1, 1 + REMEASURED) if is_noisy(self.problem) else range(1)
        return average(
            self.problem,
            [
                await self.cascade.measure(program, self.train, count, isolated=False, repeat=repeat)
                for repeat in repeats
            ],
        )
