"""The archive: the durable store of everything. Nothing in it is deleted.

What a trial leaves, in the order in which it happens:

    begin_trial        before anything is spent on it
    record_call        the moment a model's answer arrives, before it is parsed
    record_proposal    once per attempt: a candidate, or why there is none
    record             program, evaluation, final state and place among the tells: one transaction
    mark_told          what the strategy made of it

Threads: every method opens its own transaction, so one archive may be used from several threads. Processes:
several may open it; readers never wait for a writer, and one at a time works on a run (`run_lock`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import local
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from adrs.archive import (
    artifacts,
    calls,
    checks,
    engine,
    evaluations,
    locks,
    openings,
    programs,
    proposals,
    runs,
    trials,
)
from adrs.archive.objects import ObjectStore
from adrs.archive.session import Cache, Session
from adrs.errors import ArchiveError
from adrs.model.budget import Usage
from adrs.model.call import CallCost, ModelCall, RecordedAnswer
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Artifact, EvaluationRecord, Incident, Opening, Proposal, Purpose
from adrs.model.run import RunRecord
from adrs.model.trial import Candidate, TellStatus, Trial, TrialState

_PROPOSALS_PAGE = 1000


class _Shared(local):
    """The transaction that several methods share, in each thread its own."""

    begun: ExitStack | None = None
    session: Session | None = None


class Archive:
    """The durable store of everything. Open one with `Archive.open`."""

    def __init__(self, database: Engine, folder: Path) -> None:
        """Use an engine whose tables are up to date, and the folder of objects and locks."""
        self._engine = database
        self._folder = folder
        self._objects = ObjectStore(folder / "objects")
        self._cache = Cache()
        self._shared = _Shared()
        with self._transaction() as session:
            self._secret = engine.read_meta(session.connection, "secret")

    @classmethod
    def open(cls, where: str | Path, *, create: bool = True) -> Archive:
        """Open an archive, making or upgrading its tables where needed.

        Args:
            where: the folder of runs, an SQLite file, or a `postgresql://` URL. Objects and locks lie beside
                the file; with PostgreSQL they lie in `runs`, which processes on several machines must share.
            create: whether to make one where there is none.

        Raises:
            ArchiveError: it cannot be made, read or written, is damaged, or was written by a newer adrs.
        """
        url, folder = engine.locate(where, create=create)
        database = engine.connect(url)
        try:
            engine.bring_up_to_date(database, create=create)
            return cls(database, folder)
        except DBAPIError as error:
            database.dispose()
            raise engine.explain(error, url) from error
        except ArchiveError:
            database.dispose()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the archive; it is closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    # Workloads ------------------------------------------------------------------------------------

    def key(self, problem: Problem, split: Split, opening: int) -> bytes:
        """Return the secret key of an opening's workloads: HMAC-SHA256 under the archive's own secret.

        Where the key of another archive was adopted, it is that one.
        """
        with self._transaction() as session:
            adopted = openings.adopted_key(session, problem, split, opening)
        return adopted or openings.key(self._secret, problem, split, opening)

    def adopt_key(self, problem: Problem, split: Split, opening: int, revealed: bytes) -> None:
        """Measure an opening on the workloads of another archive, whose key for it was revealed.

        Raises:
            ArchiveError: the problem has been measured here under another key.
        """
        if self.key(problem, split, opening) == revealed:
            return
        with self._transaction(write=True) as session:
            openings.adopt_key(session, problem, split, opening, revealed)

    def new_opening(self, problem: Problem, split: Split, purpose: str, program: str | None) -> int:
        """Count a fresh draw of a split, for a purpose and (the lineage of) a program; numbers start at 1.

        Train is drawn once, under opening 0, and is not opened.
        """
        with self._transaction(write=True) as session:
            return openings.new(session, problem, split, purpose, program)

    def openings(self, problem_id: str, split: Split) -> int:
        """Return how often a split of a problem was opened in this archive."""
        with self._transaction() as session:
            return openings.count(session, problem_id, split)

    def opened(self, problem_id: str, split: Split) -> list[Opening]:
        """Return every opening of a split of a problem in this archive, oldest first."""
        with self._transaction() as session:
            return openings.of_split(session, problem_id, split)

    # Runs -----------------------------------------------------------------------------------------

    def create_run(self, run: RunRecord, initial: Program) -> None:
        """Keep a new run and its initial program."""
        with self._transaction(write=True) as session:
            runs.create(session, run, initial)

    def update_run(self, run_id: str, **changes: Any) -> RunRecord:
        """Change what may change of a run, and return it.

        Args:
            run_id: the run.
            changes: state, champion, stop_reason, ended_us, seconds, config, adrs_version or search_digest.
                What else a run was made with is fixed.
        """
        with self._transaction(write=True) as session:
            return runs.change(session, run_id, changes)

    def run(self, ref: str) -> RunRecord:
        """Return a run by its ULID, a unique beginning of it, or `last`.

        Raises:
            ArchiveError: no run, or more than one, is meant.
        """
        with self._transaction() as session:
            return runs.find(session, ref)

    def runs(self, limit: int = 50) -> list[RunRecord]:
        """Return the newest runs, newest first."""
        with self._transaction() as session:
            return runs.newest(session, limit)

    def usage(self, run_id: str) -> Usage:
        """Return what a run spent, from its records. The initial program (trial 0) counts no trial."""
        with self._transaction() as session:
            return runs.usage(session, run_id)

    def run_lock(self, run_id: str) -> AbstractContextManager[None]:
        """Hold a run, so that one process works on it at a time; freed when the process ends, however.

        Raises:
            ArchiveError: another process works on the run.
        """
        if self._engine.dialect.name == "postgresql":
            return locks.hold_session(self._engine, run_id)
        return locks.hold_file(self._folder, run_id)

    # Trials ---------------------------------------------------------------------------------------

    def begin_trial(self, trial: Trial) -> None:
        """Keep a RUNNING trial before anything is spent on it; a RUNNING or ERRORED one is begun anew."""
        with self._transaction(write=True) as session:
            trials.begin(session, trial)

    def record_call(
        self, run_id: str, number: int, attempt: int, call: ModelCall, *, parsing: bool = False
    ) -> None:
        """Keep a model's answer the moment it arrives; once `flush` returns, it is on the disk.

        With `parsing`, it is marked as `mark_parsing` would, in the same transaction.
        """
        with self._transaction(write=True) as session:
            calls.add(session, run_id, number, attempt, call, parsing=parsing)

    def flush(self) -> None:
        """Return when all that was kept is on the disk, whatever becomes of the machine. Safe in a thread.

        Raises:
            ArchiveError: the disk fails.
        """
        engine.flush(self._engine.url)

    def calls(self, run_id: str, number: int, attempt: int | None = None) -> list[ModelCall]:
        """Return the model calls of a trial, or of one of its attempts, oldest first."""
        with self._transaction() as session:
            return calls.of_attempt(session, run_id, number, attempt)

    def call_costs(self, run_id: str) -> list[CallCost]:
        """Return what each call of a run cost, oldest first."""
        with self._transaction() as session:
            return calls.costs(session, run_id)

    def cost_of(self, run_id: str, number: int) -> float:
        """Return the dollars of a trial's calls, as far as their prices are known."""
        with self._transaction() as session:
            return calls.cost_of(session, run_id, number)

    def answers(self, run_id: str, number: int, attempt: int) -> dict[str, RecordedAnswer]:
        """Return the last recorded answer of each role of an attempt."""
        with self._transaction() as session:
            return calls.answers(session, run_id, number, attempt)

    def answer(self, run_id: str, number: int, attempt: int, role: str = "propose") -> RecordedAnswer | None:
        """Return the last recorded answer of one role of an attempt, or None."""
        return self.answers(run_id, number, attempt).get(role)

    def mark_parsing(self, run_id: str, number: int, attempt: int, role: str | None = None) -> None:
        """Say that parsing an attempt's answers begins: `RecordedAnswer.begun` counts it until it ends."""
        with self._transaction(write=True) as session:
            calls.mark(session, run_id, number, attempt, role, done=False)

    def mark_parsed(self, run_id: str, number: int, attempt: int, role: str | None = None) -> None:
        """Say that parsing ended, where no `record_proposal` follows: that says so too."""
        with self._transaction(write=True) as session:
            calls.mark(session, run_id, number, attempt, role, done=True)

    def record_proposal(
        self,
        run_id: str,
        number: int,
        attempt: int,
        candidate: Candidate | None,
        *,
        reason: str = "",
        normal_form: str = "",
    ) -> None:
        """Keep what an attempt proposed, or why it was rejected.

        The attempt's answers were read then. Said again for the same attempt, the reason is replaced, and a
        candidate or normal form is added where it is given.
        """
        proposal = Proposal(run_id, number, attempt, None, reason=reason, normal_form=normal_form)
        with self._transaction(write=True) as session:
            proposals.add(session, proposal, candidate)

    def proposals(self, run_id: str, number: int | None = None) -> list[Proposal]:
        """Return the proposals of a run, or of one trial, in the order of their making."""
        found: list[Proposal] = []
        after = 0
        while True:
            with self._transaction() as session:
                page = proposals.of_trial(session, run_id, number, after, _PROPOSALS_PAGE)
            found += [proposal for _, proposal in page]
            if len(page) < _PROPOSALS_PAGE:
                return found
            after = page[-1][0]

    def candidate(self, proposal: Proposal) -> Candidate:
        """Return the candidate that a proposal names.

        Raises:
            ArchiveError: it names none.
        """
        with self._transaction() as session:
            return proposals.candidate(session, proposal)

    def record(self, trial: Trial) -> Trial:
        """Keep a trial that ended, in one transaction, and return it with its place among the tells.

        An ERRORED trial gets no place: it is kept as an incident and may be begun anew. Recording the same
        trial again changes nothing.

        Raises:
            ValueError: the trial runs still, or another end of it is recorded already.
        """
        with self._transaction(write=True) as session:
            return trials.record(session, trial)

    def mark_told(self, run_id: str, number: int, status: TellStatus) -> None:
        """Keep what the strategy did with a trial."""
        with self._transaction(write=True) as session:
            trials.mark_told(session, run_id, number, status)

    def trials(
        self,
        run_id: str,
        *,
        told_order: bool = False,
        states: Collection[TrialState] | None = None,
        light: bool = False,
    ) -> Iterator[Trial]:
        """Yield a run's trials, a page at a time, by number or in the order of the tells.

        Args:
            run_id: the run.
            told_order: yield only trials that were told, in that order.
            states: only trials in these states.
            light: leave out per-workload results (`Evaluation.results` is empty).
        """
        after: int | None = -1
        while after is not None:
            with self._transaction() as session:
                page, after = trials.page(
                    session, run_id, told_order=told_order, states=states, light=light, after=after
                )
            yield from page

    def trial(self, run_id: str, number: int) -> Trial:
        """Return a trial.

        Raises:
            ArchiveError: the run has no such trial.
        """
        with self._transaction() as session:
            return trials.one(session, run_id, number)

    def next_trial(self, run_id: str) -> int:
        """Return the number of the run's next trial: one more than the last that was begun, from 0."""
        with self._transaction() as session:
            return trials.next_number(session, run_id)

    def trial_of(self, run_id: str, program: str, since: int = 0) -> Trial | None:
        """Return the first told trial of a run, from a number on, that a program came from, or None."""
        with self._transaction() as session:
            number = trials.number_of(session, run_id, program, since=since)
            return None if number is None else trials.one(session, run_id, number)

    def lineage(self, run_id: str, number: int) -> list[Trial]:
        """Return a trial and what it was built on, back to the initial program, oldest first."""
        with self._transaction() as session:
            return trials.lineage(session, run_id, number)

    def incidents(self, run_id: str) -> list[Incident]:
        """Return every time that a trial of a run ended ERRORED, oldest first."""
        with self._transaction() as session:
            return trials.incidents(session, run_id)

    # Programs, evaluations, artifacts -------------------------------------------------------------

    def program(self, ref: str) -> Program:
        """Return a program by its digest or a unique beginning of it, of at least 6 digits.

        Raises:
            ArchiveError: no program, or more than one, is meant.
        """
        with self._transaction() as session:
            return programs.find(session, ref)

    def record_evaluation(
        self, run_id: str, program: Program, evaluation: Evaluation, purpose: Purpose
    ) -> None:
        """Keep an evaluation that is no trial's own: of a champion or a baseline."""
        with self._transaction(write=True) as session:
            run = session.run_id(run_id)
            row = session.add_program(program, session.initial_of(run))
            evaluations.add(session, run, row, evaluation, purpose)

    def evaluations(
        self,
        *,
        program: str | None = None,
        run_id: str | None = None,
        purpose: Purpose | None = None,
    ) -> Iterator[EvaluationRecord]:
        """Yield evaluations in the order of their making; the trials' own have purpose TRAIN."""
        after: int | None = 0
        while after is not None:
            with self._transaction() as session:
                page, after = evaluations.page(
                    session, program=program, run=run_id, purpose=purpose, after=after
                )
            yield from page

    def keep_check(self, problem_digest: str, verdict: bytes) -> None:
        """Keep the latest check of a problem."""
        with self._transaction(write=True) as session:
            checks.keep(session, problem_digest, verdict)

    def kept_check(self, problem_digest: str) -> bytes | None:
        """Return the latest check of a problem, or None where there was none."""
        with self._transaction() as session:
            return checks.kept(session, problem_digest)

    def add_artifact(
        self,
        run_id: str,
        number: int | None,
        name: str,
        data: bytes,
        media_type: str = "application/octet-stream",
    ) -> Artifact:
        """Keep something to look at, of a run or of one of its trials."""
        with self._transaction(write=True) as session:
            return artifacts.add(session, run_id, number, name, data, media_type)

    def artifacts(self, run_id: str, number: int | None = None) -> list[Artifact]:
        """Return the artifacts of a run, or of one of its trials, oldest first."""
        with self._transaction() as session:
            return artifacts.of_run(session, run_id, number)

    def artifacts_named(self, name: str) -> list[Artifact]:
        """Return the artifacts of this name of every run, oldest first."""
        with self._transaction() as session:
            return artifacts.named(session, name)

    def artifact(self, artifact: Artifact) -> bytes:
        """Return what an artifact holds."""
        with self._transaction() as session:
            return artifacts.content(session, artifact)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all that this thread writes inside of the block in one transaction: all of it, or nothing.

        A block inside of another belongs to it. An error that leaves a method must leave the block too.
        Waiting for anything inside of it holds everybody else up.
        """
        if self._shared.begun is not None:
            yield
            return
        with ExitStack() as transaction:
            self._shared.begun, self._shared.session = transaction, None
            try:
                yield
            finally:
                self._shared.begun = self._shared.session = None

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Session]:
        """Open a transaction, or join the one of the block around; see `together`."""
        shared = self._shared
        if shared.session is None and shared.begun is not None and write:
            shared.session = shared.begun.enter_context(self._own_transaction(write=True))
        if shared.session is not None:
            yield shared.session
            return
        with self._own_transaction(write=write) as session:
            yield session

    @contextmanager
    def _own_transaction(self, *, write: bool) -> Iterator[Session]:
        """Open a transaction; it is committed at the end, or leaves nothing behind."""
        try:
            with self._engine.connect() as connection:
                if write:
                    connection = connection.execution_options(begin="IMMEDIATE")
                try:
                    with connection.begin():
                        session = Session(connection, self._objects, self._cache)
                        yield session
                    session.committed()
                except BaseException:
                    self._cache.forget_values()
                    raise
        except DBAPIError as error:
            raise engine.explain(error, self._engine.url) from error
