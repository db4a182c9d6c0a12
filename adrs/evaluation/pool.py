"""The pool of worker pairs: runs programs on workloads and decides whose fault a failure is.

Whatever goes wrong while a candidate runs is the candidate's fault, and it is never run again for it. Only
when the initial program fails too, on a fresh pair, is the evaluator to blame.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from adrs.errors import DataError, EvaluatorBroken, ProblemError, WorkerLost
from adrs.evaluation.faults import one_line
from adrs.evaluation.pair import LostUnused, Refused, Unit, WorkerPair, as_rows
from adrs.evaluation.slot import Slot
from adrs.evaluation.source import Bounds, RunReport, Source, WorkloadTable, groups
from adrs.evaluation.turns import Turns
from adrs.model.certificate import Certificate
from adrs.model.evaluation import Failure, FailureKind, Split, WorkloadResult
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.sandbox.certificate import certify
from adrs.sandbox.contract import Sandbox
from adrs.sandbox.frames import DeadlinePassed

T = TypeVar("T")

_WORKLOADS_S = 300.0
_BOUNDS_S = 1800.0
_SUMMARY_S = 60.0
_TABLES = 64
_EVALUATOR_RAISED = "the evaluator raised "
"""How the trusted worker begins the reason of such a failure (`evaluators/scoring.py`)."""
_LOST = (WorkerLost, DeadlinePassed, Refused)


class EvaluationPool:
    """Worker pairs of one problem in one sandbox. Use it as an async context manager."""

    def __init__(
        self, problem: Problem, sandbox: Sandbox, *, workers: int, initial: Program, spare: int = 0
    ) -> None:
        """Keep what is needed; pairs are started when they are first used.

        Args:
            problem: whose evaluator runs.
            sandbox: where both workers of every pair are started.
            workers: how many candidates are at work at the same time, at most.
            initial: the program that tells an evaluator's fault from a candidate's.
            spare: how many pairs there are beside one for each of them. They get the next candidate's child
                ready, and clean up behind the last one, while all others are at work.
        """
        self.problem = problem
        self.sandbox = sandbox
        self.certificate: Certificate | None = None
        """What the sandbox guarantees here; found when the pool is opened."""
        self._initial = initial
        self._turns = Turns(workers)
        self._slots = [Slot(problem, sandbox) for _ in range(workers + spare)]
        self._room = asyncio.Semaphore(len(self._slots))
        """Candidates wait here, and not for a pair, so that a short question gets the next one."""
        self._free: asyncio.LifoQueue[Slot] = asyncio.LifoQueue()
        self._tables: OrderedDict[Source, WorkloadTable] = OrderedDict()
        self._bounds: OrderedDict[Source, dict[int, tuple[Any, Any, Any]]] = OrderedDict()
        self._asking = asyncio.Lock()
        self._rechecked: set[str] = set()
        self._starting: set[asyncio.Future[None]] = set()

    @property
    def busy(self) -> int:
        """How many candidates are at work."""
        return self._turns.taken

    @property
    def restarts(self) -> int:
        """How many pairs had to be started again."""
        return sum(slot.restarts for slot in self._slots)

    async def __aenter__(self) -> Self:
        """Open the pool.

        Raises:
            SandboxUnavailable: the sandbox has stopped working.
        """
        self.certificate = certify(self.sandbox)
        for slot in reversed(self._slots):
            self._free.put_nowait(slot)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every worker."""
        warming = tuple(self._starting)
        for starting in warming:
            starting.cancel()
        await asyncio.gather(*warming, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))

    def warm(self) -> None:
        """Begin to start every pair, side by side, where all of them will be needed.

        A pair that cannot be started is tried again when it is first used, which says why.
        """
        for slot in self._slots:
            starting = asyncio.ensure_future(slot.do(lambda pair: None))
            self._starting.add(starting)
            starting.add_done_callback(self._started)

    def _started(self, starting: asyncio.Future[None]) -> None:
        self._starting.discard(starting)
        if not starting.cancelled():
            starting.exception()

    async def workloads(self, source: Source, count: int) -> WorkloadTable:
        """Return cells and shares of at least `count` workloads, or of all where a source has fewer.

        Raises:
            DataError: recorded data cannot be read.
            EvaluatorBroken: the evaluator cannot make workloads.
        """
        async with self._asking:
            table = self._tables.get(source)
            if table is None or len(table) == table.asked < count:
                if source.split is Split.TRAIN and source.data is None:
                    count = max(count, self.problem.spec.splits.train)
                answer = await self._ask("workloads", source, {"count": count}, _WORKLOADS_S)
                table = WorkloadTable(tuple(answer["cells"]), tuple(answer["shares"]), count)
                _remember(self._tables, source, table)
        return table

    async def run(
        self,
        program: Program,
        source: Source,
        indices: Sequence[int],
        *,
        isolated: bool = False,
        repeat: int = 0,
    ) -> RunReport:
        """Run a program on workloads.

        Args:
            program: what to run.
            source: where the workloads come from.
            indices: which of them.
            isolated: a child process for every workload, rather than one for the whole group.
            repeat: which of several draws of the candidate's own random numbers.

        Raises:
            EvaluatorBroken: the initial program fails as well.
            ProblemError: there are fewer workloads than that.
        """
        wanted = tuple(indices)
        table = await self.workloads(source, max(wanted) + 1)
        if max(wanted) >= len(table):
            raise ProblemError(
                f"{self.problem.id!r} has {len(table)} workloads in its {source.split.value} split, and "
                f"workload {max(wanted)} was asked for; declare fewer in [splits]."
            )
        units = [Unit(program, source, group, repeat) for group in groups(wanted, table.shares, isolated)]
        share = asyncio.Semaphore(len(self._slots))  # a long batch must not push all others to its end
        reports = await side_by_side(self._in_share(share, unit) for unit in units)
        by_index = {result.index: result for report in reports for result in report.results}
        return RunReport(
            results=tuple(by_index[index] for index in wanted),
            behaviour=_joined([report.behaviour for report in reports]),
            wall_s=sum(report.wall_s for report in reports),
            cpu_s=sum(report.cpu_s for report in reports),
            peak_mib=max(report.peak_mib for report in reports),
        )

    async def bounds(self, source: Source, indices: Sequence[int]) -> Bounds:
        """Return what a failure counts, the proven bound and the reference of workloads; remembered.

        Raises:
            EvaluatorBroken: the evaluator cannot say.
        """
        known = self._bounds.get(source, {})
        missing = [index for index in indices if index not in known]
        size = max(1, -(-len(missing) // len(self._slots)))
        parts = [missing[start : start + size] for start in range(0, len(missing), size)]
        answers = await side_by_side(
            self._ask("bounds", source, {"indices": part}, _BOUNDS_S) for part in parts
        )
        known = dict(known)
        for part, answer in zip(parts, answers, strict=True):
            known.update(
                zip(
                    part, zip(answer["worst"], answer["bound"], answer["reference"], strict=True), strict=True
                )
            )
        _remember(self._bounds, source, known)
        rows = [known[index] for index in indices]
        return Bounds(
            worst=tuple(row[0] for row in rows),
            bound=tuple(row[1] for row in rows),
            reference=tuple(row[2] for row in rows),
        )

    async def summary(
        self, source: Source, results: Sequence[WorkloadResult]
    ) -> tuple[Mapping[str, float], str]:
        """Return where a program lives in an elite grid, and (of train only) feedback for the next prompt.

        Raises:
            EvaluatorBroken: the evaluator cannot say.
        """
        answer = await self._ask("summary", source, {"results": as_rows(results)}, _SUMMARY_S)
        feedback = answer.get("feedback") or "" if source.split is Split.TRAIN else ""
        return dict(answer["measures"]), feedback

    async def _ask(
        self, op: str, source: Source, fields: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any]:
        """Ask for what involves no candidate, so that any failure is the evaluator's."""
        request = {**source.request(), **fields}
        async with self._slot() as slot:
            return await self._ask_on(slot, op, source, request, timeout_s)

    async def _ask_on(
        self, slot: Slot, op: str, source: Source, request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any]:
        try:
            return await slot.do(lambda pair: pair.ask(op, request, timeout_s), _data(source))
        except Refused as refusal:
            if source.data is not None and op == "workloads":
                raise DataError(str(refusal)) from None
            raise EvaluatorBroken(f"{self.problem.id!r} has a defect, seen in {op}: {refusal}") from None
        except WorkerLost as loss:
            raise EvaluatorBroken(
                f"The evaluator of {self.problem.id!r} ended its process in {op}: {loss}"
            ) from None
        except DeadlinePassed:
            raise EvaluatorBroken(
                f"The evaluator of {self.problem.id!r} did not answer {op} within {timeout_s:g} s."
            ) from None

    async def _in_share(self, share: asyncio.Semaphore, unit: Unit) -> RunReport:
        async with share:
            return await self._run_unit(unit)

    async def _run_unit(self, unit: Unit) -> RunReport:
        async with self._room, self._slot() as slot:
            try:
                report = await self._do(slot, unit)
            except LostUnused:  # again: something ends workers here, and it is no candidate
                raise
            except _LOST as loss:
                return await self._blame(slot, unit, loss)
            await self._recheck(slot, unit, report)
            return report

    async def _recheck(self, slot: Slot, unit: Unit, report: RunReport) -> None:
        """An evaluator that raises on an answer: run the initial program there, once for each reason.

        An author's bug must not look like bad candidates.

        Raises:
            EvaluatorBroken: the evaluator raises on the initial program's answers too.
        """
        reasons = _raised(report) - self._rechecked
        if not reasons:
            return
        self._rechecked |= reasons
        if unit.program != self._initial:
            trial = Unit(self._initial, unit.source, unit.indices, unit.repeat)
            try:
                report = await self._do(slot, trial)
            except _LOST as loss:
                await self._blame(slot, trial, loss)
        if reasons := _raised(report):
            self._rechecked -= reasons  # it is to be said again, should anyone go on
            raise EvaluatorBroken(
                f"The evaluator of {self.problem.id!r} fails on the initial program too: {min(reasons)}"
            )

    async def _blame(self, slot: Slot, unit: Unit, loss: Exception) -> RunReport:
        """A pair was lost under a candidate: its failure, unless the initial program fails here and now."""
        what = "it did not answer in time" if isinstance(loss, DeadlinePassed) else one_line(str(loss))
        broken = EvaluatorBroken(
            f"The evaluator of {self.problem.id!r} fails on the initial program too, on a fresh pair: {what}"
        )
        await slot.renew()
        if unit.program == self._initial:
            raise broken
        trial = Unit(self._initial, unit.source, unit.indices, unit.repeat)
        try:
            report = await self._do(slot, trial)
        except _LOST:
            await slot.renew()
            raise broken from None
        if any(result.failure is not None for result in report.results):
            raise broken
        request = {**unit.source.request(), "indices": list(unit.indices)}
        worst = (await self._ask_on(slot, "bounds", unit.source, request, _BOUNDS_S))["worst"]
        if isinstance(loss, DeadlinePassed):
            failure = Failure(FailureKind.TIMEOUT, "what it answered could not be scored in time")
        else:
            failure = Failure(FailureKind.CRASH, f"it took its workers down: {what}")
        results = tuple(
            WorkloadResult(index=same.index, cell=same.cell, values=values, failure=failure)
            for same, values in zip(report.results, worst, strict=True)
        )
        return RunReport(results, behaviour="", wall_s=0.0, cpu_s=0.0)

    async def _do(self, slot: Slot, unit: Unit) -> RunReport:
        """Run a unit on a pair, and on a fresh one where that was lost before it had its turn."""

        def run(pair: WorkerPair) -> RunReport:
            return pair.run(unit, self._turns)

        with suppress(LostUnused):
            return await slot.do(run, _data(unit.source))
        return await slot.do(run, _data(unit.source))

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[Slot]:
        slot = await self._free.get()
        try:
            yield slot
        finally:
            self._free.put_nowait(slot)


def _raised(report: RunReport) -> set[str]:
    """Return what the evaluator itself raised on answers, rather than refused."""
    failures = (result.failure for result in report.results)
    return {one.reason for one in failures if one is not None and one.reason.startswith(_EVALUATOR_RAISED)}


def _data(source: Source) -> tuple[Path, ...]:
    return () if source.data is None else (source.data.resolve(),)


def _joined(behaviours: list[str]) -> str:
    if len(behaviours) == 1:
        return behaviours[0]
    return hashlib.sha256("\n".join(behaviours).encode()).hexdigest()


def _remember(table: OrderedDict[Source, Any], source: Source, value: object) -> None:
    table[source] = value
    table.move_to_end(source)
    while len(table) > _TABLES:
        table.popitem(last=False)


async def side_by_side(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run jobs side by side; the first failure cancels the others, waits for their end and is raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


__all__ = ["Bounds", "EvaluationPool", "RunReport", "Source", "WorkloadTable", "side_by_side"]
