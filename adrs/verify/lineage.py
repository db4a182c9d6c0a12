"""Whose result an opening is: programs that differ in form only, and programs of one run, share a lineage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.evaluation.gate import GateVerdict
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.run import RunRecord, RunState
from adrs.model.trial import Trial
from adrs.plugins.problems import find_problem

_RUNS = 100_000
"""More runs than an archive holds."""

Look = Callable[[Program], Awaitable[GateVerdict]]
"""The static gate: it tells a program's normal form."""


@dataclass(frozen=True)
class Subject:
    """A program that is verified, and where it came from."""

    run: RunRecord
    problem: Problem
    program: Program
    trial: Trial | None
    """None of a program that came by import, or of a baseline."""

    @property
    def name(self) -> str:
        """What the program is called: the beginning of its digest."""
        return self.program.digest[:12]


def find_subject(archive: Archive, ref: str) -> Subject:
    """Return the program that is meant: a run's champion, or a program by its digest.

    Args:
        archive: where it is recorded.
        ref: a run's id, a unique beginning of it, `last`, or at least 6 digits of a program's digest.

    Raises:
        ArchiveError: neither a run nor a program of a run is meant, or the problem has changed since.
        ProblemError: the problem is not here any more.
    """
    run, program = _find(archive, ref)
    problem = find_problem(str(run.config["problem"]))
    if problem.digest != run.problem_digest:
        raise ArchiveError(
            f"The problem {problem.id!r} has changed since run {run.id} was made, so its programs cannot be "
            "verified as what they were; start a new run."
        )
    return Subject(run, problem, program, archive.trial_of(run.id, program.digest))


def _find(archive: Archive, ref: str) -> tuple[RunRecord, Program]:
    try:
        run = archive.run(ref)
    except ArchiveError as no_run:
        try:
            program = archive.program(ref)
        except ArchiveError as no_program:
            digits = len(ref) >= 6 and set(ref.lower()) <= set("0123456789abcdef")
            raise (no_program if digits else no_run) from None
        return _origin(archive, program.digest), program
    return run, archive.program(run.champion or run.initial)


def _origin(archive: Archive, digest: str) -> RunRecord:
    # A program that was made here is not one that came by import, even where its own bundle came back.
    runs = sorted(archive.runs(limit=_RUNS), key=lambda run: run.state is RunState.IMPORTED)
    found = next(_runs_of(archive, digest, runs), None)
    if found is not None:
        return found
    record = next(archive.evaluations(program=digest), None)
    if record is not None:
        return archive.run(record.run_id)
    raise ArchiveError(
        f"The program {digest[:12]} came from no run that was evaluated, so there is nothing to verify it in."
    )


def _runs_of(archive: Archive, digest: str, runs: list[RunRecord]) -> Iterator[RunRecord]:
    for run in runs:
        if run.champion == digest or archive.trial_of(run.id, digest) is not None:
            yield run


async def count_openings(archive: Archive, look: Look, subject: Subject, opening: int) -> int:
    """Return how often a program's lineage was opened on test, up to and including one opening.

    An opening belongs to the lineage when its program is the same, is the same but for its form, or came from
    a run that this program came from too. The initial program is in every run of its problem, and so makes no
    two programs related. Where a program came by import, or from a run that was given one that did, the
    openings that the bundle tells of count too.

    Args:
        archive: where openings are counted.
        look: tells normal forms.
        subject: the program that is verified.
        opening: its own opening, which is counted already.
    """
    archive_runs = [run for run in archive.runs(limit=_RUNS) if run.problem_id == subject.problem.id]
    own = subject.program.digest
    homes = [] if own == subject.run.initial else list(_runs_of(archive, own, archive_runs))
    form = (await look(subject.program)).normal_form
    related = {own: True}
    total = _opened_elsewhere(archive, own, archive_runs, homes)
    for earlier in archive.opened(subject.problem.id, Split.TEST):
        digest = earlier.program
        if digest is None or earlier.number > opening:
            continue
        if digest not in related:
            same_form = bool(form) and (await look(archive.program(digest))).normal_form == form
            related[digest] = same_form or _in_one_run(archive, digest, homes)
        total += related[digest]
    return total


def _opened_elsewhere(archive: Archive, digest: str, runs: list[RunRecord], homes: list[RunRecord]) -> int:
    """Return how often what came by import was opened where it came from, as its bundles say.

    It counts where it is the program, or was given to a run that the program came from.

    A bundle that was made here tells of openings that are counted here.
    """
    here = {run.id for run in runs}
    said: dict[str, int] = {}
    for run in runs:
        if run.state is not RunState.IMPORTED or run.champion is None:
            continue
        if run.champion == digest or _in_one_run(archive, run.champion, homes):
            origin = run.config["imported"]
            said[origin["run"]] = max(said.get(origin["run"], 0), origin["openings"])
    return sum(count for origin, count in said.items() if origin not in here)


def _in_one_run(archive: Archive, digest: str, homes: list[RunRecord]) -> bool:
    apart = [run for run in homes if run.initial != digest]
    return next(_runs_of(archive, digest, apart), None) is not None
