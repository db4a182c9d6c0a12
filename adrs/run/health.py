"""Whether a search did what it says, from the records alone: nothing here is kept while running.

A run's numbers come from its trials and proposals; the strategy's own come from replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.evaluation.comparison import compare
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective, Problem
from adrs.model.records import EvaluationRecord, Purpose
from adrs.model.run import RunRecord
from adrs.model.trial import Trial, TrialState
from adrs.run.config import resolve
from adrs.run.resume import replay
from adrs.run.strategies import build_strategy
from adrs.stats.interval import Interval, difference

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
class Challenge:
    """A challenger against the champion of its time: what it led by on train, and on validation."""

    trial: int | None
    train: float
    """Lead in percent of the champion's aggregate; above 0 is better."""
    validation: float
    gap: Interval | None = None
    """By how many points the lead on train is larger than that on validation, at 95 %; None where a lead has
    no percentage."""

    @property
    def opened(self) -> bool:
        """Whether less of the lead holds on validation than chance explains: the train set is overfitted."""
        return self.gap is not None and self.gap.low > 0


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


def run_health(archive: Archive, problem: Problem, run: RunRecord) -> Health:
    """Return the health of a run as it stands.

    Raises:
        ConfigError: the run's strategy or its options are not known here.
    """
    strategy = build_strategy(resolve(run.config), problem, run.initial)
    trials = list(replay(archive, run.id, strategy))
    reasons = [proposal.reason for proposal in archive.proposals(run.id)]
    duplicates = Counter(
        BEHAVIOUR if "behaves as" in reason else FORM for reason in reasons if reason.startswith("duplicate")
    )
    kinds = (reason.partition(":")[0] for reason in reasons if reason)
    own, other = _parts(trials, run.initial)
    tuned_gain, other_gain = _gains(trials, problem.primary)
    return Health(
        strategy=dict(strategy.health()),
        proposals=len(reasons),
        accepted=sum(not reason for reason in reasons),
        duplicates=dict(duplicates),
        rejected=Counter(kind for kind in kinds if kind != "duplicate"),
        own_part=own,
        other_part=other,
        tuned=sum(trial.candidate is not None and trial.candidate.edit == "tuner" for trial in trials),
        tuned_gain=tuned_gain,
        other_gain=other_gain,
        saved=_saved(problem, trials, duplicates[BEHAVIOUR]),
        challenges=_challenges(archive, problem.primary, run, trials),
    )


def _parts(trials: Sequence[Trial], initial: str) -> tuple[int, int] | tuple[None, None]:
    homes: dict[str, object] = {}
    counts = {True: 0, False: 0}
    for trial in trials:
        island = trial.selection.target.get("island")
        if island is None:
            continue
        parent = trial.selection.parent or initial
        counts[parent == initial or homes.get(parent) == island] += 1
        if trial.candidate is not None:
            homes.setdefault(trial.candidate.program.digest, island)
    return (counts[True], counts[False]) if sum(counts.values()) else (None, None)


def _gains(trials: Sequence[Trial], objective: Objective) -> tuple[float, float]:
    """Return by how much the tuner's trials and all others moved the best so far."""
    best: float | None = None
    base, gains = 1.0, {True: 0.0, False: 0.0}
    for trial in trials:
        if trial.state is not TrialState.COMPLETED or trial.evaluation is None or trial.candidate is None:
            continue
        value = objective.sign * trial.evaluation.objectives[objective.name]
        if best is None:
            best, base = value, abs(value) or 1.0
        elif value > best:
            gains[trial.candidate.edit == "tuner"] += 100 * (value - best) / base
            best = value
    return gains[True], gains[False]


def _saved(problem: Problem, trials: Sequence[Trial], duplicates: int) -> Saved:
    splits = problem.spec.splits
    whole = [trial.evaluation for trial in trials if trial.state is TrialState.COMPLETED and trial.evaluation]
    cpu_s = sum(each.cpu_s for each in whole) / max(1, sum(len(each.results) for each in whole))
    measured = [len(trial.evaluation.results) for trial in trials if trial.evaluation is not None]
    after_probe = splits.train - splits.every_stage[0]
    missing = sum(splits.train - count for count in measured) + duplicates * after_probe
    return Saved(missing, splits.train * (len(measured) + duplicates), missing * cpu_s)


def _challenges(
    archive: Archive, objective: Objective, run: RunRecord, trials: Sequence[Trial]
) -> list[Challenge]:
    """Return every challenge that came to validation: challenger and champion of the time on one draw."""
    by_program: dict[str, Trial] = {}
    for trial in trials:
        if trial.candidate is not None and trial.evaluation is not None:
            by_program.setdefault(trial.candidate.program.digest, trial)
    draws: dict[int, list[EvaluationRecord]] = {}
    for record in archive.evaluations(run_id=run.id, purpose=Purpose.VALIDATION):
        draws.setdefault(record.evaluation.opening, []).append(record)
    found = []
    for pair in draws.values():
        known = [by_program.get(record.program) for record in pair]
        if len(pair) != 2 or None in known:
            continue
        challenger, champion = (trial for trial in known if trial is not None)
        found.append(
            Challenge(
                challenger.number,
                _lead(challenger.measured, champion.measured, objective),
                _lead(pair[0].evaluation, pair[1].evaluation, objective),
                _gap(
                    compare(challenger.measured, champion.measured, objective).improvement_percent,
                    compare(pair[0].evaluation, pair[1].evaluation, objective).improvement_percent,
                ),
            )
        )
    return found


def _lead(ours: Evaluation, theirs: Evaluation, objective: Objective) -> float:
    bar = theirs.objectives[objective.name]
    return 100 * objective.sign * (ours.objectives[objective.name] - bar) / (abs(bar) or 1.0)


def _gap(train: Interval | None, validation: Interval | None) -> Interval | None:
    return None if train is None or validation is None else difference(train, validation)
