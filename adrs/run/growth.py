"""The train set of a run grows where the search has fitted it, and what is compared with what then.

Off by default (`grow_train`). A challenge on validation whose gap is open (`adrs.run.gap`) says that the
search fits its train workloads, and others less. Then train grows: the workloads that it had stay, and more
of the same draw come after them. Scores on sets of different sizes say nothing about each other, so with each
growth a new *epoch* of the run begins, and only programs of one epoch are compared. A new strategy is told
the initial program, the best of the epoch before and the champion, each measured again on the larger set.

This is the one way by which something of validation reaches a search: that a gap was open, at most as often
as train can grow, and who is champion, at the begin of each epoch. Each challenge has a draw of its own, so
there is none that a search could fit.

What was measured again is no trial: no model is asked for it, and it takes time of the budget, but none of
its trials. A growth is recorded with the number of the trial before which it took effect, and with the
programs that were carried over: from these and the recorded trials everything follows, so that a run whose
train set grew is resumed and replayed as any other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from adrs.archive.store import Archive
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective, Problem
from adrs.model.records import Purpose
from adrs.model.run import RunRecord
from adrs.model.trial import Selection, Trial, TrialState

FACTOR = 1.5
"""By how much train grows each time."""
MOST = 4
"""Train never grows beyond so many times what the problem declares."""
CARRIED = 8
"""How many of the best programs are carried over, besides the initial program and the champion."""
NAME = "train grown"
"""What the record of a growth is called among a run's artifacts."""


@dataclass(frozen=True)
class Growth:
    """One growth of the train set. Programs are named by digest."""

    before: int
    """The number of the first trial on the larger set."""
    count: int
    """How many workloads train has from then on."""
    carried: tuple[str, ...]
    """What was carried over, in the order of its first trials; the initial program always is."""
    opening: int
    """The last challenge before it: the draw of validation workloads whose gap was open."""


def grown(count: int, declared: int) -> int:
    """Return how many workloads train has after it grew; as many as before where it may not grow any more.

    Args:
        count: before.
        declared: what `problem.toml` says.
    """
    return max(count, min(math.ceil(FACTOR * count), MOST * declared))


def record(archive: Archive, run_id: str, growth: Growth) -> None:
    """Keep that train grew."""
    body = json.dumps(asdict(growth), sort_keys=True).encode()
    archive.add_artifact(run_id, None, NAME, body, "application/json")


def growths(archive: Archive, run_id: str) -> list[Growth]:
    """Return how often train grew in a run, oldest first."""
    found = [artifact for artifact in archive.artifacts(run_id) if artifact.name == NAME]
    return [of_plain(json.loads(archive.artifact(artifact))) for artifact in found]


def of_plain(plain: Mapping[str, Any]) -> Growth:
    """Return a growth as it was written down.

    Raises:
        LookupError: it lacks a field.
        TypeError: it is none.
    """
    return Growth(**{**plain, "carried": tuple(plain["carried"])})


@dataclass(frozen=True)
class Epoch:
    """The part of a run in which train had one size: its trials, and what was measured again at its begin."""

    archive: Archive
    run: RunRecord
    growth: Growth | None = None
    """With what it began; None for the first."""
    until: int | None = None
    """The first trial of the epoch after it; None for the last."""
    before: Epoch | None = None
    """The epoch before it; None for the first."""
    carried: dict[str, Trial] = field(default_factory=dict)
    """By digest, the initial program first: the trials of what was carried over, each with its evaluation on
    this epoch's train set, and built on nothing. Empty in the first epoch."""

    @property
    def since(self) -> int:
        """The number of its first trial."""
        return 0 if self.growth is None else self.growth.before

    def place(self, number: int) -> int:
        """Return a trial's number as its strategy knows it: counted from 1 within the epoch."""
        return number if self.growth is None else number - self.growth.before + 1

    def workloads(self, problem: Problem) -> int:
        """Return how many workloads train has."""
        return problem.spec.splits.train if self.growth is None else self.growth.count

    def own(self, *, light: bool = False) -> Iterator[Trial]:
        """Yield the trials that were told in it, in that order; `light` is as in `Archive.trials`."""
        for trial in self.archive.trials(self.run.id, told_order=True, light=light):
            if self.holds(trial.number):
                yield trial

    def trials(self, *, light: bool = False) -> Iterator[Trial]:
        """Yield all that compares with each other: what was carried over, then its own trials."""
        yield from self.carried.values()
        yield from self.own(light=light)

    def holds(self, number: int) -> bool:
        """Whether a trial belongs to it."""
        return self.since <= number and (self.until is None or number < self.until)

    def seen(self, trial: Trial) -> Trial | None:
        """Return a trial of the run as it compares with others of this epoch; None where it does not."""
        if self.holds(trial.number):
            return trial
        again = None if trial.candidate is None else self.carried.get(trial.program.digest)
        return again if again is not None and again.number == trial.number else None

    def find(self, program: str) -> Trial | None:
        """Return the trial of a program as it was measured in this epoch, or None."""
        known = self.carried.get(program)
        if known is not None:
            return known
        trial = self.archive.trial_of(self.run.id, program, since=self.since)
        if trial is not None and self.holds(trial.number):
            return trial
        origin, again = self.origin(program), self.measured_again(program)
        return None if origin is None or again is None else carry(origin, again)

    def origin(self, program: str) -> Trial | None:
        """Return the trial that a program came from before this epoch, or None."""
        known = None if self.before is None else self.before.find(program)
        return known or self.archive.trial_of(self.run.id, program)

    def measured_again(self, program: str) -> Evaluation | None:
        """Return what was measured of a program on this epoch's train set outside of its trials."""
        if self.growth is None:
            return None
        records = self.archive.evaluations(program=program, run_id=self.run.id, purpose=Purpose.GROWN)
        return next((r.evaluation for r in records if len(r.evaluation.results) == self.growth.count), None)


def carry(trial: Trial, again: Evaluation) -> Trial:
    """Return a trial with another evaluation, on a larger train set: a root of the new epoch.

    The behaviour stays that on the probe, which did not change: duplicates are found by it.
    """
    failure = again.failure
    return replace(
        trial,
        selection=Selection(parent=None),
        state=TrialState.COMPLETED if failure is None else TrialState.FAILED,
        reason="" if failure is None else f"{failure.kind}: {failure.reason}",
        evaluation=replace(again, behaviour=trial.evaluation.behaviour if trial.evaluation else ""),
    )


def epochs(archive: Archive, run: RunRecord) -> list[Epoch]:
    """Return the epochs of a run, oldest first; a run whose train set never grew has one."""
    known = growths(archive, run.id)
    begins: list[Growth | None] = [None, *known]
    ends = [*(growth.before for growth in known), None]
    found: list[Epoch] = []
    for growth, until in zip(begins, ends, strict=True):
        epoch = Epoch(archive, run, growth, until, found[-1] if found else None)
        for digest in (run.initial, *growth.carried) if growth else ():
            origin, again = epoch.origin(digest), epoch.measured_again(digest)
            if origin is not None and again is not None:
                epoch.carried[digest] = carry(origin, again)
        found.append(epoch)
    return found


def last_epoch(archive: Archive, run: RunRecord) -> Epoch:
    """Return the epoch that a run is in, or ended in."""
    return epochs(archive, run)[-1]


def chosen(epoch: Epoch, objective: Objective, banned: Container[str], champion: str) -> tuple[str, ...]:
    """Return what is carried over from an epoch: its best programs on train, and the champion.

    Args:
        epoch: that ends.
        objective: what is best.
        banned: digests of programs that are not carried over.
        champion: digest of the run's champion now.

    Returns:
        Digests, in the order of the programs' first trials; without that of the initial program.
    """
    best: dict[str, tuple[float, int]] = {}
    for trial in epoch.trials(light=True):
        if trial.state is TrialState.COMPLETED and trial.evaluation is not None:
            value = objective.sign * trial.evaluation.objectives[objective.name]
            best.setdefault(trial.program.digest, (-value, trial.number))
    left_out = epoch.run.initial
    ranked = sorted((place, digest) for digest, place in best.items() if digest not in banned)
    kept = [digest for _, digest in ranked if digest != left_out][:CARRIED]
    if champion not in (left_out, *kept):
        kept.append(champion)
    firsts = {digest: best[digest][1] if digest in best else -1 for digest in kept}
    return tuple(sorted(kept, key=firsts.__getitem__))
