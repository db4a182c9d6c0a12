"""Resume is replay: what a run knew is rebuilt from what was recorded, and nothing else is kept anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from adrs.archive.store import Archive
from adrs.model.trial import Trial, TrialState
from adrs.run.attempts import Job, Seen, claim
from adrs.run.growth import Epoch
from adrs.run.ledger import unread
from adrs.search.contract import Strategy


def replay(archive: Archive, run_id: str, strategy: Strategy, epoch: Epoch | None = None) -> Iterator[Trial]:
    """Tell a new strategy the recorded trials in the recorded order, and yield each after it was told.

    Args:
        archive: where they are.
        run_id: of the run.
        strategy: a new one.
        epoch: the last of a run whose train set grew: its strategy is told what was carried over and the
            trials since, and knows nothing of those before, which are yielded as they are.
    """
    for trial in epoch.carried.values() if epoch else ():
        strategy.tell(trial)
    for trial in archive.trials(run_id, told_order=True):
        if epoch is None or epoch.holds(trial.number):
            strategy.tell(trial)
        yield trial


def recall(archive: Archive, run_id: str, epoch: Epoch | None = None) -> Seen:
    """Return what was proposed before, by normal form and by behaviour.

    Args:
        archive: where it is recorded.
        run_id: of the run.
        epoch: in which; a program of an earlier one may be proposed again, on the larger train set.
    """
    seen = Seen()
    for proposal in archive.proposals(run_id):
        here = epoch is None or epoch.holds(proposal.number)
        if here and proposal.program is not None and proposal.normal_form:
            claim(seen.normal_forms, proposal.normal_form, proposal.number, proposal.program)
    for trial in archive.trials(run_id, light=True):
        if epoch is not None and not epoch.holds(trial.number):
            continue
        if trial.candidate is not None and trial.evaluation is not None and trial.evaluation.behaviour:
            claim(seen.behaviours, trial.evaluation.behaviour, trial.number, trial.program.digest)
    return seen


def interrupted(archive: Archive, run_id: str) -> list[Job]:
    """Return the trials that were asked for and have no result, in the order of their numbers."""
    states = (TrialState.RUNNING, TrialState.ERRORED)
    trials = sorted(archive.trials(run_id, states=states), key=lambda trial: trial.number)
    return [take_up(archive, trial) for trial in trials]


def take_up(archive: Archive, trial: Trial) -> Job:
    """Return the rest of a trial: what was proposed and paid for is used, not asked for again."""
    proposals = archive.proposals(trial.run_id, trial.number)
    reasons = tuple(p.reason for p in proposals if p.reason)
    accepted = next((p for p in proposals if not p.reason), None)
    if accepted is not None:
        return Job(trial, accepted.attempt, archive.candidate(accepted), rejected=reasons)
    attempt = len(proposals)
    answers = archive.answers(trial.run_id, trial.number, attempt)
    if any(answer.begun > 1 for answer in answers.values()):
        archive.record_proposal(trial.run_id, trial.number, attempt, None, reason=str(unread()))
        return take_up(archive, trial)
    recorded = {role: answer.text for role, answer in answers.items()}
    return Job(trial, attempt, recorded=recorded, rejected=reasons)
