"""One trial's way from its selection to an evaluated candidate.

Proposals that are rejected before a full evaluation (a bad edit, the same program in another form, the same
behaviour on the probe) cost no trial: the trial tries again, with the next attempt's random numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from adrs.archive.store import Archive
from adrs.errors import ProgramError
from adrs.evaluation.evaluate import Cascade, Outcome
from adrs.evaluation.faults import one_line
from adrs.evaluation.source import Source
from adrs.model.budget import Budget
from adrs.model.evaluation import Evaluation, Failure
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import Candidate, Trial, TrialState
from adrs.proposer.contract import ProposalRequest, Proposer, Rejected
from adrs.run.clock import now_us
from adrs.run.ledger import Purse, TrialLedger
from adrs.run.repeats import Remeasuring
from adrs.run.steering import Steering
from adrs.run.streams import Purpose, stream

Claims = dict[str, tuple[int, str]]
"""What was claimed: by which trial, for which program's digest."""


@dataclass
class Seen:
    """What was proposed in this run before, by normal form and by behaviour on the probe.

    A claim is made before an evaluation goes on, so that of two equal candidates in flight one is rejected. A
    trial that is taken up again meets its own claims, which do not stand in its way.
    """

    normal_forms: Claims = field(default_factory=dict)
    behaviours: Claims = field(default_factory=dict)


def claim(table: Claims, key: str, number: int, program: str) -> str | None:
    """Return the program for which another trial holds the key, or None and take the key."""
    owner, known = table.setdefault(key, (number, program))
    return None if owner == number else known


@dataclass(frozen=True)
class Job:
    """A trial to carry out: new, or taken up again after an interruption."""

    trial: Trial
    first_attempt: int = 0
    candidate: Candidate | None = None
    """Proposed and accepted before the interruption: evaluate it, do not propose again."""
    recorded: Mapping[str, str] = field(default_factory=dict)
    """Answers of the first attempt by role, recorded before the interruption."""
    rejected: tuple[str, ...] = ()
    """Why attempts before the first were rejected."""


@dataclass
class Attempts:
    """Carries out trials. Everything that it records is recorded before anyone acts on it."""

    archive: Archive
    problem: Problem
    proposer: Proposer
    cascade: Cascade
    source: Source
    """The train workloads."""
    bar: Evaluation
    """The initial program on train: a candidate that is surely worse is pruned."""
    purse: Purse
    seen: Seen
    initial: Trial
    find: Callable[[str], Trial]
    """The trial of a program's digest."""
    baselines: Mapping[str, float]
    seed: int
    limit: int
    rejected: Counter[str]
    count: int | None = None
    """How many workloads train has; by default as many as the problem declares."""
    rival: tuple[str, Evaluation] | None = None
    """The best baseline on train, with its name."""
    budget: Budget = field(default_factory=Budget)
    """The limits of the whole run, as a proposer is told of them."""
    steering: Steering = field(default_factory=Steering)
    unread: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Of a replay, by trial and attempt: which answer the recorded run did not read; see `TrialLedger`."""

    async def carry_out(self, job: Job) -> Trial:
        """Return the trial in its final state, not yet recorded."""
        trial, reasons = job.trial, list(job.rejected)
        last = Rejected("attempts", f"no new candidate in {self.limit} attempts")
        for attempt in range(job.first_attempt, self._limit(trial)):
            resumed = attempt == job.first_attempt
            try:
                candidate = job.candidate if resumed else None
                if candidate is None:
                    recorded = job.recorded if resumed else {}
                    candidate = await self._propose(trial, attempt, tuple(reasons), recorded)
                outcome = await self._evaluate(trial, attempt, candidate)
            except Rejected as rejection:
                last = rejection
                reasons.append(str(rejection))
                self.rejected[rejection.kind] += 1
                continue
            return _ended(self._paid(trial), attempt, candidate, outcome)
        return replace(self._paid(trial), state=TrialState.REJECTED, reason=str(last), ended_us=now_us())

    def _limit(self, trial: Trial) -> int:
        return 1 if "injected" in trial.selection.target else self.limit

    def _paid(self, trial: Trial) -> Trial:
        """Return the trial with what its calls cost."""
        return replace(trial, cost_usd=self.purse.of_trial_usd.get(trial.number, 0.0))

    async def _propose(
        self, trial: Trial, attempt: int, reasons: tuple[str, ...], recorded: Mapping[str, str]
    ) -> Candidate:
        """Propose. That a proposal is recorded says that its answers were read, too."""
        unread = self.unread.get((trial.number, attempt))
        ledger = TrialLedger(self.purse, self.archive, trial.run_id, trial.number, attempt, unread)
        candidate: Candidate | None = None
        try:
            request = self._request(trial, attempt, reasons, recorded)
            candidate = await self._read(request, ledger)
            normal_form = await self._gate(trial, candidate)
        except Rejected as rejection:
            self._record(trial, attempt, candidate, reason=str(rejection))
            raise
        except BaseException:  # such as Ctrl-C: this process outlived the answers that it read
            ledger.end_reading()
            raise
        self._record(trial, attempt, candidate, normal_form=normal_form)
        return candidate

    async def _read(self, request: ProposalRequest, ledger: TrialLedger) -> Candidate:
        if request.given is not None:
            return request.given
        if request.recorded:
            ledger.begin_reading(len(request.recorded))
        try:
            return await self.proposer.propose(request, ledger)
        except ProgramError as error:
            raise Rejected("bad_edit", str(error)) from None

    async def _check(self, program: Program) -> Failure | None:
        return (await self.cascade.gate(program)).failure

    async def _gate(self, trial: Trial, candidate: Candidate) -> str:
        verdict = await self.cascade.gate(candidate.program)
        if verdict.failure is not None:
            raise Rejected(verdict.failure.kind.value, verdict.failure.reason)
        digest = candidate.program.digest
        owner = claim(self.seen.normal_forms, verdict.normal_form, trial.number, digest)
        if owner is not None:
            first, _ = self.seen.normal_forms[verdict.normal_form]
            end = self._failure(trial, first)
            raise Rejected("duplicate", f"the same program as {owner[:12]} but for its form{end}")
        return verdict.normal_form

    def _failure(self, trial: Trial, number: int) -> str:
        """Say how an earlier trial failed, if it did and that was known when this one was asked for."""
        earlier = self.archive.trial(trial.run_id, number)
        known = earlier.told is not None and earlier.told <= trial.asked_after
        if not known or earlier.state is not TrialState.FAILED:
            return ""
        return f", which failed: {one_line(earlier.reason)}"

    async def _evaluate(self, trial: Trial, attempt: int, candidate: Candidate) -> Outcome:
        digest = candidate.program.digest
        outcome = await self.cascade.evaluate(
            candidate.program,
            self.source,
            count=self.count,
            bar=self.bar,
            seen_behaviour=lambda behaviour: claim(self.seen.behaviours, behaviour, trial.number, digest),
        )
        if outcome.duplicate_of is None:
            again = Remeasuring(self.problem, self.cascade, self.source)
            return await again.settle(candidate.program, outcome, lambda: self._parent(trial).measured)
        reason = f"duplicate: behaves as {outcome.duplicate_of[:12]} does on the probe"
        self._record(trial, attempt, candidate, reason=reason)
        raise Rejected(*reason.split(": ", 1))

    def _parent(self, trial: Trial) -> Trial:
        parent = trial.selection.parent
        return self.initial if parent is None else self.find(parent)

    def _record(
        self,
        trial: Trial,
        attempt: int,
        candidate: Candidate | None,
        *,
        reason: str = "",
        normal_form: str = "",
    ) -> None:
        self.archive.record_proposal(
            trial.run_id, trial.number, attempt, candidate, reason=reason, normal_form=normal_form
        )

    def _request(
        self, trial: Trial, attempt: int, reasons: tuple[str, ...], recorded: Mapping[str, str]
    ) -> ProposalRequest:
        selection = trial.selection
        return ProposalRequest(
            problem=self.problem,
            run_id=trial.run_id,
            trial_number=trial.number,
            asked_after=trial.asked_after,
            attempt=attempt,
            parent=self._parent(trial),
            inspirations=tuple(self.find(digest) for digest in selection.inspirations),
            initial=self.initial,
            rng=stream(self.seed, trial.number, attempt, Purpose.PROPOSE),
            check=self._check,
            budget_left=self._budget_left(trial),
            baselines=self.baselines,
            rival=self.rival,
            failed=self._failed(trial),
            given=self.steering.given(selection),
            idea=self.steering.idea(selection),
            target=selection.target,
            weights=self.steering.weights(trial.number),
            known=self.seen.normal_forms.keys(),
            rejected=reasons,
            recorded=recorded,
        )

    def _failed(self, trial: Trial) -> Trial | None:
        number = trial.selection.target.get("repairs")
        return self.archive.trial(trial.run_id, number) if isinstance(number, int) else None

    def _budget_left(self, trial: Trial) -> dict[str, float]:
        limits = self.steering.budget(trial.number, self.budget)
        left = self.purse.left(trial.asked_after, limits.cost_usd)
        if limits.trials is not None:
            left["trials"] = float(max(0, limits.trials - trial.asked_after))
        return left


def _ended(trial: Trial, attempt: int, candidate: Candidate, outcome: Outcome) -> Trial:
    return replace(
        trial,
        state=outcome.state,
        attempt=attempt,
        candidate=candidate,
        evaluation=outcome.evaluation,
        reason=outcome.reason,
        ended_us=now_us(),
    )
