"""Whether a search did what it says, from the records alone: nothing here is kept while running.

A run's numbers come from its trials and proposals; the strategy's own come from replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.model.problem import Objective, Problem
from adrs.model.records import Proposal
from adrs.model.run import RunRecord
from adrs.model.trial import Trial, TrialState
from adrs.run.config import resolve
from adrs.run.gap import Challenge, challenges
from adrs.run.growth import epochs
from adrs.run.resume import replay
from adrs.run.strategies import build_strategy

FORM, BEHAVIOUR = "same form", "same behaviour"


@dataclass(frozen=True)
class Saved:
    """What racing, failures and the probe kept from being run."""

    workloads: int
    """Workloads of train that were not run."""
    of: int
    """Workloads that all proposals that reached the probe would have taken."""
    cpu_s: float
    """CPU seconds saved, by what a workload took on average where all of train was run."""


@dataclass(frozen=True)
class Health:
    """The search-health panel of a run."""

    strategy: Mapping[str, float]
    """The strategy's own numbers, by replay."""
    proposals: int
    accepted: int
    """Proposals that became trials."""
    duplicates: Mapping[str, int]
    """By what was equal: `FORM` costs nothing, `BEHAVIOUR` a probe."""
    rejected: Mapping[str, int]
    """All other rejected proposals by kind."""
    own_part: int | None
    """Trials whose parent was made in the part (island) that asked for it, or is the initial program; None
    where the strategy has no islands."""
    other_part: int | None
    """Trials whose parent came from another island: by migration."""
    tuned: int
    """Trials with constants that the tuner set."""
    tuned_gain: float
    """What they added to the best on train, in percent of the initial program's aggregate."""
    other_gain: float
    """What all other trials added, likewise."""
    saved: Saved
    challenges: Sequence[Challenge]
    train: Sequence[tuple[int, int]] = ()
    """From which trial on train had how many workloads; more than one pair where it grew."""
    grows: bool = False
    """Whether the run lets train grow where the gap is open."""


def run_health(archive: Archive, problem: Problem, run: RunRecord) -> Health:
    """Return the health of a run as it stands.

    Raises:
        ConfigError: the run's strategy or its options are not known here.
    """
    config = resolve(run.config)
    strategy = build_strategy(config, problem, run.initial)
    past = epochs(archive, run)
    trials = list(replay(archive, run.id, strategy, past[-1]))
    proposals = archive.proposals(run.id)
    reasons = [proposal.reason for proposal in proposals]
    twice = [proposal for proposal in proposals if proposal.reason.startswith("duplicate")]
    duplicates = Counter(BEHAVIOUR if _behaves(proposal) else FORM for proposal in twice)
    kinds = (reason.partition(":")[0] for reason in reasons if reason)
    parts, gains, saved = [], [], []
    for epoch in past:
        here = [trial for trial in trials if epoch.holds(trial.number)]
        repeated = sum(_behaves(proposal) and epoch.holds(proposal.number) for proposal in twice)
        parts.append(_parts(here, {run.initial, *epoch.carried}))
        gains.append(_gains(here, problem.primary, tuple(epoch.carried.values())))
        saved.append(_saved(problem, here, repeated, epoch.workloads(problem)))
    known = [part for part in parts if part is not None]
    return Health(
        strategy=dict(strategy.health()),
        proposals=len(reasons),
        accepted=sum(not reason for reason in reasons),
        duplicates=dict(duplicates),
        rejected=Counter(kind for kind in kinds if kind != "duplicate"),
        own_part=sum(own for own, _ in known) if known else None,
        other_part=sum(other for _, other in known) if known else None,
        tuned=sum(trial.candidate is not None and trial.candidate.edit == "tuner" for trial in trials),
        tuned_gain=sum(tuned for tuned, _ in gains),
        other_gain=sum(other for _, other in gains),
        saved=Saved(*(sum(column) for column in zip(*saved, strict=True))),
        challenges=challenges(archive, problem.primary, past),
        train=tuple((epoch.since, epoch.workloads(problem)) for epoch in past),
        grows=config.grow_train,
    )


def _behaves(proposal: Proposal) -> bool:
    return proposal.reason.startswith("duplicate: behaves as")


def _parts(trials: Sequence[Trial], roots: Container[str]) -> tuple[int, int] | None:
    homes: dict[str, object] = {}
    counts = {True: 0, False: 0}
    for trial in trials:
        island = trial.selection.target.get("island")
        if island is None:
            continue
        parent = trial.selection.parent
        counts[parent is None or parent in roots or homes.get(parent) == island] += 1
        if trial.candidate is not None:
            homes.setdefault(trial.candidate.program.digest, island)
    return (counts[True], counts[False]) if sum(counts.values()) else None


def _gains(
    trials: Sequence[Trial], objective: Objective, carried: Sequence[Trial] = ()
) -> tuple[float, float]:
    """Return by how much the tuner's trials and all others moved the best so far.

    Args:
        trials: of one epoch, in the order of the tells.
        objective: what is best.
        carried: what the epoch began with, the initial program first; nobody's gain.
    """
    best: float | None = None
    base, gains = 1.0, {True: 0.0, False: 0.0}
    for place, trial in enumerate((*carried, *trials)):
        if trial.state is not TrialState.COMPLETED or trial.evaluation is None or trial.candidate is None:
            continue
        value = objective.sign * trial.evaluation.objectives[objective.name]
        if best is None:
            best, base = value, abs(value) or 1.0
        elif value > best:
            if place >= len(carried):
                gains[trial.candidate.edit == "tuner"] += 100 * (value - best) / base
            best = value
    return gains[True], gains[False]


def _saved(problem: Problem, trials: Sequence[Trial], duplicates: int, train: int) -> tuple[int, int, float]:
    """Return the fields of `Saved` for one epoch, in which train has so many workloads."""
    whole = [trial.evaluation for trial in trials if trial.state is TrialState.COMPLETED and trial.evaluation]
    cpu_s = sum(each.cpu_s for each in whole) / max(1, sum(len(each.results) for each in whole))
    measured = [len(trial.evaluation.results) for trial in trials if trial.evaluation is not None]
    missing = sum(train - count for count in measured)
    missing += duplicates * (train - problem.spec.splits.every_stage[0])
    return missing, train * (len(measured) + duplicates), missing * cpu_s
