"""What a run came to, gathered from the archive alone, so that its end and `adrs show` say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adrs.cli.certified import certificate_as_plain, last_check
from adrs.cli.measured import Against, Measured, against, gap, hardest, measured

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.budget import Usage
    from adrs.model.certificate import Certificate
    from adrs.model.evaluation import Evaluation
    from adrs.model.problem import Objective, Problem
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial
    from adrs.run.growth import Epoch

INITIAL = "initial program"
CHAMPION = "best found"


@dataclass(frozen=True)
class Row:
    """One program of the final table."""

    name: str
    program: str
    """Digest."""
    train: Measured | None
    confirm: Measured | None
    """On the one draw that nothing was selected on; None where the run has not been confirmed."""


@dataclass(frozen=True)
class Results:
    """A run's outcome."""

    run: RunRecord
    problem: Problem
    rows: tuple[Row, ...]
    """The initial program, every re-implemented baseline, and the champion where there is one."""
    against: tuple[Against, ...]
    """The champion against the initial program and against the best baseline, paired, on the confirm draw."""
    gap_covered: float | None
    """Share of the way from the initial program to the best baseline, on the confirm draw."""
    champion_trial: int | None
    best_on_train: Trial | None
    """The trial that scores best on train; it need not be the champion."""
    states: Mapping[str, int]
    rejected: Mapping[str, int]
    """Proposals that were rejected before evaluation, by kind."""
    usage: Usage
    sandbox: str
    """What confined the candidates."""
    certificate: Certificate | None
    """What that guaranteed where they ran."""
    check: Mapping[str, Any] | None
    """The latest full check of it there that the archive keeps."""
    train: tuple[tuple[int, int], ...]
    """How many workloads train had from which trial on: several where it grew, and scores are of the last."""
    unsound: str = ""
    """Why the latest check found the problem, as the run had it, not sound."""

    @property
    def objective(self) -> Objective:
        """What the claims are about."""
        return self.problem.primary

    @property
    def improved(self) -> bool:
        """Whether anything but the initial program is champion."""
        return self.champion_trial is not None

    def as_plain(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        from adrs.cli.runs import describe_usage

        return {
            "run": self.run.id,
            "problem": self.run.problem_id,
            "problem_digest": self.run.problem_digest,
            "unsound": self.unsound or None,
            "state": self.run.state.value,
            "reason": self.run.stop_reason,
            "objective": self.objective.model_dump(),
            "initial": self.run.initial,
            "champion": self.run.champion if self.improved else None,
            "champion_trial": self.champion_trial,
            "improved": self.improved,
            "best_on_train": None if self.best_on_train is None else self.best_on_train.number,
            "train": [{"from_trial": since, "workloads": workloads} for since, workloads in self.train],
            "results": list(self.rows),
            "comparisons": list(self.against),
            "gap_covered": self.gap_covered,
            "trials_by_state": dict(self.states),
            "proposals_rejected": dict(self.rejected),
            "sandbox": self.sandbox,
            "certificate": certificate_as_plain(self.certificate, self.check),
            **describe_usage(self.usage),
            "config": self.run.config,
        }


def gather(archive: Archive, run: RunRecord) -> Results:
    """Read a run's outcome.

    Raises:
        ProblemError: the run's problem is not here any more.
    """
    from adrs.cli.soundness import why_unsound
    from adrs.plugins.problems import find_problem
    from adrs.run.growth import epochs

    problem = find_problem(str(run.config["problem"]))
    past = epochs(archive, run)
    objective = problem.primary
    names = contenders(problem, run)
    confirmed = _confirmed(archive, run)
    train = {digest: _on_train(archive, past[-1], digest) for digest in set(names.values())}
    rows = tuple(
        Row(name, digest, measured(train[digest], objective), measured(confirmed.get(digest), objective))
        for name, digest in names.items()
    )
    champion = archive.trial_of(run.id, names[CHAMPION]) if CHAMPION in names else None
    states, best = _trials(archive, past[-1], objective)
    proposals = (p.reason.partition(":")[0] for p in archive.proposals(run.id) if p.reason)
    known = {name: confirmed[digest] for name, digest in names.items() if digest in confirmed}
    first = train[run.initial]
    certificate = None if first is None else first.certificate
    return Results(
        run=run,
        problem=problem,
        rows=rows,
        against=_claims(known, objective),
        gap_covered=gap(known, CHAMPION, INITIAL, objective),
        champion_trial=None if champion is None else champion.number,
        best_on_train=best,
        states=states,
        rejected=Counter(proposals),
        usage=archive.usage(run.id),
        sandbox=_sandbox(run, train[run.initial]),
        unsound=why_unsound(archive, run.problem_digest),
        certificate=certificate,
        check=last_check(archive, certificate),
        train=tuple((epoch.since, epoch.workloads(problem)) for epoch in past),
    )


def _sandbox(run: RunRecord, initial: Evaluation | None) -> str:
    """Return what confined the run's own evaluations; a baseline's may come from another run."""
    return str(run.config["sandbox"]) if initial is None else initial.sandbox


def contenders(problem: Problem, run: RunRecord) -> dict[str, str]:
    """Return the digests of what is compared, by the name that it is shown under."""
    from adrs.plugins.problems import baseline_program

    names = {INITIAL: run.initial}
    for baseline in problem.spec.baseline:
        if baseline.file is not None:
            names[baseline.name] = baseline_program(problem, baseline).digest
    if run.champion is not None and run.champion != run.initial:
        names[CHAMPION] = run.champion
    return names


def _confirmed(archive: Archive, run: RunRecord) -> dict[str, Evaluation]:
    """Return the evaluations of the last confirm draw by digest: all on the same workloads."""
    from adrs.model.records import Purpose

    records = list(archive.evaluations(run_id=run.id, purpose=Purpose.CONFIRM))
    last = max((record.evaluation.opening for record in records), default=None)
    return {r.program: r.evaluation for r in records if r.evaluation.opening == last}


def _on_train(archive: Archive, epoch: Epoch, digest: str) -> Evaluation | None:
    """Return a program's evaluation on all of an epoch's train set: its trial's, or a baseline's."""
    from adrs.model.records import Purpose

    trial = epoch.find(digest)
    if trial is not None and trial.evaluation is not None:
        return trial.evaluation
    if epoch.growth is not None:
        return epoch.measured_again(digest)
    for record in archive.evaluations(program=digest, purpose=Purpose.TRAIN):
        if record.problem_digest == epoch.run.problem_digest and record.evaluation.complete:
            return record.evaluation
    return None


def _trials(archive: Archive, epoch: Epoch, objective: Objective) -> tuple[Counter[str], Trial | None]:
    """Return the run's trials by state, and the best on the last train set that is not banned."""
    from adrs.model.trial import TrialState
    from adrs.run.steering import banned_in

    banned = banned_in(archive, epoch.run.id)
    states: Counter[str] = Counter()
    best: Trial | None = None
    score = float("-inf")
    for recorded in archive.trials(epoch.run.id, light=True):
        if recorded.number == 0:
            continue
        states[recorded.state.value] += 1
        trial = epoch.seen(recorded)
        if trial is None or trial.state is not TrialState.COMPLETED or trial.evaluation is None:
            continue
        value = objective.sign * trial.evaluation.objectives[objective.name]
        if value > score and trial.program.digest not in banned:
            best, score = trial, value
    return states, best


def _claims(known: Mapping[str, Evaluation], objective: Objective) -> tuple[Against, ...]:
    if CHAMPION not in known or INITIAL not in known:
        return ()
    references = [INITIAL]
    best = hardest({n: e for n, e in known.items() if n not in (INITIAL, CHAMPION)}, objective)
    if best is not None:
        references.append(best)
    return tuple(against(known[CHAMPION], known[name], name, objective) for name in references)
