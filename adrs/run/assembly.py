"""Puts a loop together from what is recorded: when a sitting begins, and again whenever train grew.

Both are the same, so that a run whose train set grew stands exactly where one stands that was killed then and
resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from adrs.archive.store import Archive
from adrs.errors import ArchiveError, ProblemError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.run import RunRecord
from adrs.model.trial import Candidate, Selection, Trial, TrialState
from adrs.proposer.contract import Proposer
from adrs.run import resume as replaying
from adrs.run.attempts import Attempts, Seen, claim
from adrs.run.carrying import Carrier, Growing, next_count
from adrs.run.cassette import Script
from adrs.run.clock import monotonic_s, now_us
from adrs.run.config import RunConfig
from adrs.run.growth import Epoch, epochs
from adrs.run.ledger import Purse
from adrs.run.loop import Loop
from adrs.run.progress import Notify, Progress
from adrs.run.promotion import Championship
from adrs.run.standing import Standing, measure_standing
from adrs.run.steering import Steering
from adrs.run.stopping import StopRule
from adrs.run.strategies import build_strategy
from adrs.search.contract import Strategy


@dataclass
class Assembly:
    """What the loops of one sitting at a run are made of."""

    run: RunRecord
    """As it was when the sitting began."""
    config: RunConfig
    problem: Problem
    archive: Archive
    proposer: Proposer
    """Started; it hears of every trial once, whatever the number of loops."""
    pool: EvaluationPool
    cascade: Cascade
    progress: Progress
    notify: Notify
    stop: StopRule
    script: Script | None
    """The order that a replay keeps."""
    _heard: int = 0
    """How many epochs the proposer was told of."""
    _since_s: float | None = None
    """When the first loop began."""

    async def loop(self) -> tuple[Loop, Standing]:
        """Measure what everything is compared with, and return the loop that goes on with the run.

        Raises:
            ProblemError: the initial program does not run on its own evaluator.
            EvaluatorBroken: the evaluator fails on it later.
        """
        train = Source(Split.TRAIN, self.archive.key(self.problem, Split.TRAIN, 0), 0)
        first = await self._first_trial(train)
        past = epochs(self.archive, self.run)
        carrier = Carrier(self.archive, self.cascade, self.problem, train, past[-1])
        await carrier.enter()
        first = past[-1].carried.get(self.run.initial, first)
        count = past[-1].workloads(self.problem)
        standing = await measure_standing(
            self.archive, self.cascade, self.pool, self.problem, self.run.id, train, count
        )
        self.progress.initial = first.measured.objectives[self.problem.primary.name]
        self.progress.baselines, self.progress.bound = standing.baselines, standing.bound
        self.progress.begin_epoch(count, past[-1].since or None)
        attempts = await self._attempts(train, first, standing, past)
        championship = Championship(
            archive=self.archive,
            cascade=self.cascade,
            problem=self.problem,
            train=train,
            run_id=self.run.id,
            champion=attempts.find(self.archive.run(self.run.id).champion or self.run.initial),
            carrier=carrier if self.config.grow_train else None,
            isolate=self.config.isolate_promotions,
        )
        growing = await self._growing(train, past) if self.config.grow_train else None
        return self._loop(attempts, championship, growing, past), standing

    def grow(self, loop: Loop) -> None:
        """Record that train grows where a loop has ended for it; the next one goes on from the record."""
        assert loop.growing is not None  # noqa: S101  (else it has ended for another reason)
        number = loop.next_number
        champion = loop.championship.champion.program.digest
        growth = loop.growing.grow(number, loop.steering.banned(number), champion)
        self.notify(
            self.progress,
            f"train grows from {self.progress.train} to {growth.count} workloads before trial {number}: "
            "less of a lead holds on validation than chance explains",
        )
        self.progress.phase = "growing"
        self.notify(self.progress, "")

    async def _attempts(
        self, train: Source, first: Trial, standing: Standing, past: Sequence[Epoch]
    ) -> Attempts:
        attempts = Attempts(
            archive=self.archive,
            problem=self.problem,
            proposer=self.proposer,
            cascade=self.cascade,
            source=train,
            count=past[-1].workloads(self.problem),
            bar=first.measured,
            purse=Purse(None if self.script else self.stop.budget.cost_usd, self.archive.usage(self.run.id)),
            seen=await self._seen(past),
            initial=first,
            find=self._finder(past[-1]),
            baselines=standing.baselines,
            rival=standing.rival(self.problem.primary),
            seed=self.config.seed,
            limit=self.config.attempts_per_trial(),
            rejected=self.progress.rejected,
            budget=self.config.budget.limits(),
            steering=Steering(self.archive, self.run.id, repeated=self.script is not None),
            unread=self.script.unread if self.script else {},
        )
        attempts.steering.look(self.archive.next_trial(self.run.id))
        return attempts

    async def _seen(self, past: Sequence[Epoch]) -> Seen:
        """Return what the last epoch began with, and what was proposed in it."""
        if self.script is not None:
            seen = self.script.seen[len(past) - 1]
        else:
            seen = replaying.recall(self.archive, self.run.id, past[-1])
        initial = self.archive.program(self.run.initial)
        claim(seen.normal_forms, (await self.cascade.gate(initial)).normal_form, 0, initial.digest)
        for digest, trial in past[-1].carried.items():
            form = (await self.cascade.gate(trial.program)).normal_form
            claim(seen.normal_forms, form, trial.number, digest)
            if trial.measured.behaviour:
                claim(seen.behaviours, trial.measured.behaviour, trial.number, digest)
        return seen

    async def _growing(self, train: Source, past: Sequence[Epoch]) -> Growing:
        count = past[-1].workloads(self.problem)
        if self.script is not None:
            return Growing(self.archive, self.problem, past, count, self.script.growths)
        count = await next_count(self.pool, self.problem, train, count)
        return Growing(self.archive, self.problem, past, count)

    def _loop(
        self,
        attempts: Attempts,
        championship: Championship,
        growing: Growing | None,
        past: Sequence[Epoch],
    ) -> Loop:
        strategy = build_strategy(self.config, self.problem, self.run.initial)
        told = self._take_up(attempts, strategy, past)
        if banned := attempts.steering.banned(self.archive.next_trial(self.run.id)):
            self.progress.rank_again(past[-1].trials(light=True), banned)
        self.progress.champion = championship.champion.program.digest
        interrupted = replaying.interrupted(self.archive, self.run.id)
        for job in interrupted:
            number = job.trial.number
            attempts.steering.note(job.trial.selection)
            attempts.purse.of_trial_usd[number] = self.archive.cost_of(self.run.id, number)
        self._since_s = now_s = monotonic_s() if self._since_s is None else self._since_s
        return Loop(
            archive=self.archive,
            strategy=strategy,
            attempts=attempts,
            championship=championship,
            stop=self.stop,
            progress=self.progress,
            notify=self.notify,
            run_id=self.run.id,
            seed=self.config.seed,
            in_flight=self.config.trials_in_flight(),
            next_number=self.archive.next_trial(self.run.id),
            interrupted=interrupted,
            seconds_before=self.run.seconds + monotonic_s() - now_s,
            told=told,
            overdue=championship.overdue(self.progress.best_trial),
            script=self.script,
            steering=attempts.steering,
            growing=growing,
        )

    def _take_up(self, attempts: Attempts, strategy: Strategy, past: Sequence[Epoch]) -> int:
        """Tell everyone what was recorded, and return how many trials were told."""
        told, begun = 0, 1
        first_time, epoch = self._heard == 0, past[-1]
        for trial in replaying.replay(self.archive, self.run.id, strategy, epoch):
            while not past[begun - 1].holds(trial.number):
                self._begin_epoch(past, begun, told)
                begun += 1
            told += trial.number > 0
            if first_time:
                self.proposer.tell(self.problem, trial)
            attempts.steering.note(trial.selection)
            if trial.number > 0:
                attempts.purse.tell(trial.number, trial.cost_usd)
            if epoch.holds(trial.number):
                self.progress.take(trial, told)
            elif trial.number > 0:
                self.progress.states[trial.state] += 1
        for place in range(begun, len(past)):
            self._begin_epoch(past, place, told)
        self._heard = len(past)
        return told

    def _begin_epoch(self, past: Sequence[Epoch], place: int, told: int) -> None:
        carried = tuple(past[place].carried.values())
        if place >= self._heard:
            self.proposer.begin_epoch(self.problem, carried)
        for trial in carried if place == len(past) - 1 else ():
            self.progress.take(trial, told, counted=False)

    def _finder(self, epoch: Epoch) -> Callable[[str], Trial]:
        @lru_cache(maxsize=512)
        def find(digest: str) -> Trial:
            trial = epoch.find(digest) or self.archive.trial_of(self.run.id, digest)
            if trial is None:
                raise ArchiveError(f"Run {self.run.id} has no trial of program {digest[:12]}.")
            return trial

        return find

    async def _first_trial(self, train: Source) -> Trial:
        """Return trial 0, the initial program, evaluated.

        Raises:
            ProblemError: the initial program does not run on its own evaluator.
        """
        program = self.archive.program(self.run.initial)
        known = self.archive.trial_of(self.run.id, self.run.initial)
        if known is not None and known.told is not None:
            return known
        if known is None:
            known = Trial(
                run_id=self.run.id,
                number=0,
                state=TrialState.RUNNING,
                selection=Selection(parent=None),
                asked_after=0,
                candidate=Candidate(program, "initial", "the initial program"),
                started_us=now_us(),
            )
            self.archive.begin_trial(known)
        outcome = await self.cascade.evaluate(program, train, bar=None, seen_behaviour=None)
        if outcome.state is not TrialState.COMPLETED:
            raise ProblemError(
                f"The initial program of {self.problem.id!r} does not run on its own evaluator "
                f"({outcome.reason}); see it with: adrs eval {self.problem.id} initial"
            )
        return self.archive.record(
            replace(known, state=outcome.state, evaluation=outcome.evaluation, ended_us=now_us())
        )
