"""The loop. READ THIS FIRST.

    selection  = strategy.ask(number, rng, pending)
    candidate  = await proposer.propose(request, ledger)      (run/attempts.py)
    evaluation = await cascade.evaluate(candidate, ...)       (run/attempts.py)
    archive.record(trial)
    strategy.tell(trial)

Trials run side by side without a generation barrier. `ask` changes no state and record comes before tell, so
the strategy's state is a fold over recorded trials: resume is replay (run/resume.py), and there is no
checkpoint. Who is champion is decided apart, on validation (run/promotion.py); nothing of that returns to the
strategy, but for what `grow_train` says of itself (run/growth.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from adrs.archive.store import Archive
from adrs.errors import EvaluatorBroken, ProviderError, ProviderRefused, SandboxUnavailable, WorkerLost
from adrs.model.budget import Usage
from adrs.model.trial import Selection, Trial, TrialState
from adrs.proposer.contract import BudgetSpent
from adrs.run.attempts import Attempts, Job
from adrs.run.carrying import GROWS, Growing
from adrs.run.cassette import Script
from adrs.run.clock import monotonic_s, now_us
from adrs.run.progress import Notify, Progress
from adrs.run.promotion import Championship
from adrs.run.resume import take_up
from adrs.run.steering import Steering
from adrs.run.stopping import StopRule
from adrs.run.streams import Purpose, stream
from adrs.search.contract import Strategy

LOOKS_EVERY_S = 1.0
"""How often the loop looks whether someone steers the run."""
OURS = (ProviderError, EvaluatorBroken, WorkerLost, SandboxUnavailable)
"""What is no candidate's fault, and may pass: it is tried again, until the breaker opens."""


@dataclass
class Loop:
    """Runs trials until a limit is reached or someone asks for the end."""

    archive: Archive
    strategy: Strategy
    attempts: Attempts
    championship: Championship
    stop: StopRule
    progress: Progress
    notify: Notify
    run_id: str
    seed: int
    in_flight: int
    next_number: int
    """The first trial that was never asked for."""
    interrupted: list[Job] = field(default_factory=list)
    """Trials of an earlier session that were asked for and not finished: they come first."""
    seconds_before: float = 0.0
    """Time worked in earlier sessions."""
    told: int = 0
    overdue: Trial | None = None
    """The best on train of an earlier session, if that ended before it could challenge."""
    script: Script | None = None
    """The order of a recorded run, which a replay keeps."""
    steering: Steering = field(default_factory=Steering)
    """What people do to the run while it goes on."""
    growing: Growing | None = None
    """Where train may grow: decides when. The loop ends for it, and another one goes on."""

    def __post_init__(self) -> None:
        """Start the clock of this session."""
        self._started_s = monotonic_s()
        self._looked_s = self._health_s = float("-inf")
        self._heeded = self.steering.banned(self.next_number)
        self._pending: dict[int, Selection] = {}
        self._tasks: dict[asyncio.Task[Trial], Job] = {}
        self._ended: dict[int, Trial] = {}
        self._challenger = self.overdue
        self._challenging: Trial | None = None
        self._challenge: asyncio.Task[bool] | None = None
        self._unsaid: list[str] = []

    async def run(self) -> str:
        """Run to the end and return why it ended.

        Cancelling it ends workers and models at once; everything recorded stays, and what was in flight is
        taken up again by resume.
        """
        try:
            await self._search()
            await self._drain()
        finally:
            await self._end()
        return self.stop.reason(self._usage()) or (GROWS if self._grows() else "nothing left to do")

    async def _search(self) -> None:
        self.progress.phase = "searching"
        self._refresh("")
        self._let_challenge()
        self._speak()
        done: set[asyncio.Task[Trial]] = set()
        while True:
            with self.archive.together():  # what ended, and what begins in its place
                for task in sorted(done, key=lambda t: self._tasks[t].trial.number):
                    self._finish(task)
                if done and self.stop.reason(self._usage()) is not None:
                    self.progress.phase = "draining"
                if self.growing is not None:
                    self._let_challenge()
                self._look()
                self._fill()
            self._speak()
            waited = [*self._tasks, *self._awaited()]
            if not waited:
                return
            timeout_s = min(LOOKS_EVERY_S, self._seconds_left() or LOOKS_EVERY_S)
            ended, _ = await asyncio.wait(waited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            done = {task for task in self._tasks if task in ended}

    def _look(self) -> None:
        """Look now and then whether someone steers the run."""
        if monotonic_s() - self._looked_s < LOOKS_EVERY_S:
            return
        self._looked_s = monotonic_s()
        if self.steering.look(self.next_number):
            self.stop.request("interrupted: by adrs pause")
        banned = self.steering.banned(self.next_number)
        if banned != self._heeded:
            self._heeded = banned
            self._rank_again()
            self._let_challenge()

    def _fill(self) -> None:
        while self._has_room() and self.stop.requested is None:
            job = self._next_job()
            if job is None:
                return
            self._pending[job.trial.number] = job.trial.selection
            if self.script is None or self.script.tells(job.trial.number):
                self._tasks[asyncio.create_task(self.attempts.carry_out(job))] = job
        self.progress.in_flight = len(self._tasks)

    def _has_room(self) -> bool:
        if self.script is None:
            return len(self._tasks) < self.in_flight
        return bool(self.interrupted) or self.script.asks(self.next_number, self.told)

    def _next_job(self) -> Job | None:
        """Take up an interrupted trial, or ask for a new one if the budget allows it."""
        usage = self._usage()
        asked = replace(usage, trials=usage.trials + len(self._tasks))
        if self.script is None and self.stop.reason(asked) is not None:
            return None
        if self.interrupted:
            return self.interrupted.pop(0)
        if self._grows() or self._awaited():
            return None
        number = self.next_number
        self.next_number += 1
        selection = self._ask(number)
        trial = Trial(
            run_id=self.run_id,
            number=number,
            state=TrialState.RUNNING,
            selection=selection,
            asked_after=self.told,
            started_us=now_us(),
        )
        self.archive.begin_trial(trial)
        return Job(trial)

    def _ask(self, number: int) -> Selection:
        """Ask the strategy what to build on and the proposer how, unless a person has said it."""
        rng = stream(self.seed, number, 0, Purpose.ASK)
        pending = tuple(self._pending.values())
        place = number if self.growing is None else self.growing.epoch.place(number)
        selection = self.steering.steer(
            number, lambda: self.strategy.ask(place, rng, pending), self.attempts.find
        )
        if "injected" in selection.target:
            return selection
        self.attempts.proposer.reweight(self.steering.weights(number))
        choice = stream(self.seed, number, 0, Purpose.CHOOSE)
        return self.attempts.proposer.choose(selection, choice, pending)

    def _finish(self, task: asyncio.Task[Trial]) -> None:
        job = self._tasks.pop(task)
        try:
            trial = task.result()
        except BudgetSpent as spent:
            self._give_back(job)
            self.stop.request(f"cost_usd: {spent}")
        except ProviderRefused as refusal:
            self._give_back(job)
            self.stop.request(f"provider: {refusal}")
        except OURS as error:
            self._errored(job, error)
        else:
            self._in_order(trial)

    def _in_order(self, trial: Trial) -> None:
        """Tell a trial that ended: at once, or in a replay when its turn has come."""
        if self.script is None:
            self._record_and_tell(trial)
            return
        self._ended[trial.number] = trial
        while (following := self.script.next(self.told)) in self._ended:
            self._record_and_tell(self._ended.pop(following))
            self._fill()
        if following is None:
            self.stop.request(self.script.reason)

    def _give_back(self, job: Job) -> None:
        """Leave a trial as it is in the archive: asked for, nothing lost, taken up by resume."""
        self._pending.pop(job.trial.number, None)

    def _errored(self, job: Job, error: Exception) -> None:
        """Retry a trial that failed for a reason of ours; it is not told."""
        trial = replace(job.trial, state=TrialState.ERRORED, reason=f"errored: {error}")
        self.archive.record(trial)
        self.stop.trial_errored(str(error), trial.number)
        self.progress.states[TrialState.ERRORED] += 1
        self._pending.pop(trial.number, None)
        self.interrupted.append(take_up(self.archive, job.trial))
        self._say(f"trial {trial.number} is tried again: {error}")

    def _record_and_tell(self, trial: Trial) -> None:
        trial = self.archive.record(trial)
        self._pending.pop(trial.number, None)
        self.attempts.purse.tell(trial.number, trial.cost_usd)
        self.told += 1
        self.stop.trial_ended()
        self.archive.mark_told(self.run_id, trial.number, self.strategy.tell(trial))
        self.attempts.proposer.tell(self.attempts.problem, trial)
        line = ""
        if self.progress.take(trial, self.told):
            line = _new_best(trial, self.progress)
            self._challenger = trial
        self._let_challenge()
        self._refresh(line)

    def _let_challenge(self) -> None:
        """Start the next challenge if none is under way; challengers never wait in a queue."""
        if self._challenge is not None and not self._challenge.done():
            return
        self._settle_challenge()
        self._dethrone()
        if self._grows():
            return
        if self._challenger is not None and self._may_challenge(self._challenger):
            self._challenging, self._challenger = self._challenger, None
            self._challenge = asyncio.create_task(self.championship.challenge(self._challenging))

    def _grows(self) -> bool:
        """Whether the next trial, if there is one, is asked for on a larger train set."""
        due = self.growing is not None and self.growing.due(self.next_number)
        return due and self.stop.reason(self._usage()) is None

    def _awaited(self) -> list[asyncio.Task[bool]]:
        """Return the challenge under way where the next trial has to wait for it: train may grow after it."""
        waits = self.growing is not None and self.growing.waits and self.stop.reason(self._usage()) is None
        return [self._challenge] if waits and self._challenge is not None else []

    def _rank_again(self) -> None:
        """Find the best on train anew where programs were banned: it is what others have to pass."""
        trials = (
            self.growing.epoch.trials(light=True)
            if self.growing is not None
            else self.archive.trials(self.run_id, told_order=True, states=[TrialState.COMPLETED], light=True)
        )
        self.progress.rank_again(trials, self.steering.banned(self.next_number))
        if self._challenger is None or not self._may_challenge(self._challenger):
            self._challenger = self.championship.overdue(self.progress.best_trial)

    def _dethrone(self) -> None:
        """Let another program be champion where a person has banned the one that is."""
        gone = self.championship.champion.number
        heir = self.championship.dethrone(self.steering.banned(self.next_number), self.next_number)
        if heir is None:
            return
        self.progress.champion_trial, self.progress.champion = heir.number, heir.program.digest
        self._challenger = self.championship.overdue(self.progress.best_trial)
        name = f"trial {heir.number}" if heir.number else "the initial program"
        self._say(f"{name} is champion again: trial {gone} was banned")

    def _may_challenge(self, trial: Trial) -> bool:
        """Whether a program may be champion: not one that a person has banned."""
        return trial.program.digest not in self.steering.banned(self.next_number)

    def _settle_challenge(self) -> None:
        if self._challenge is None:
            return
        challenge, self._challenge = self._challenge, None
        try:
            won = challenge.result()
        except OURS as error:
            self._challenge_errored(error)
            return
        if self.growing is not None:
            self.growing.look()
        if not won:
            self.progress.challenges_lost += 1
            return
        champion = self.championship.champion
        self.progress.promotions += 1
        self.progress.champion_trial = champion.number
        self.progress.champion = champion.program.digest
        self._say(f"trial {champion.number} is champion: it won on validation")

    def _challenge_errored(self, error: Exception) -> None:
        """Let a challenger try again that could not be measured, unless a better one is waiting."""
        if self._challenging is None:
            return
        self.stop.trial_errored(str(error), self._challenging.number)
        if self._challenger is None and self.stop.requested is None:
            self._challenger = self._challenging
        self._say(f"trial {self._challenging.number} could not challenge: {error}")

    async def _end(self) -> None:
        """End what is in flight. What failed is said already; the same disk may fail each of them again."""
        left = [*self._tasks, *filter(None, [self._challenge])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _drain(self) -> None:
        """Let the last challengers try, so that the best of the run had its chance."""
        if not self._grows():
            self.progress.phase = "draining"
        while self._challenge is not None:
            await asyncio.wait([self._challenge])
            self._let_challenge()
            self._speak()
        self._refresh("")
        self._speak()

    def _refresh(self, line: str) -> None:
        self.progress.usage = self._usage()
        self.progress.in_flight = len(self._tasks)
        if not self._tasks or monotonic_s() - self._health_s > LOOKS_EVERY_S:  # people read it, now and then
            self._health_s = monotonic_s()
            self.progress.health = {**self.strategy.health(), **self.attempts.proposer.health()}
        self._say(line)

    def _say(self, line: str) -> None:
        """Note what those who watch are told when it is kept."""
        self._unsaid.append(line)

    def _speak(self) -> None:
        """Tell those who watch. They may look into the archive, or block: no transaction waits for them."""
        lines, self._unsaid = self._unsaid, []
        for line in filter(None, lines) if any(lines) else lines[:1]:
            self.notify(self.progress, line)

    def _usage(self) -> Usage:
        return replace(
            self.attempts.purse.usage,
            trials=self.told,
            seconds=self.seconds_before + monotonic_s() - self._started_s,
        )

    def _seconds_left(self) -> float | None:
        limit = self.stop.budget.seconds
        if limit is None or self.progress.phase == "draining":
            return None
        return max(0.05, limit - self._usage().seconds)


def _new_best(trial: Trial, progress: Progress) -> str:
    objective = progress.objective
    edit = trial.candidate.summary or trial.candidate.edit if trial.candidate else ""
    return f"trial {trial.number}: {objective.name} {progress.best:.6g} {objective.unit} on train; {edit}"
