"""The cascade: a program becomes an evaluation, in stages that each stop what need not go on.

gate -> probe (the first stage) -> later stages, raced against a bar -> all of train. Every stage runs only
the workloads that are new in it. What counts (promotion, validation, confirm, test) is measured with
`measure`: every workload in a child of its own, and nothing is stopped early.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from adrs.errors import DataError, EvaluatorBroken
from adrs.evaluation.aggregate import aggregate
from adrs.evaluation.faults import one_line
from adrs.evaluation.gate import Gate, GateVerdict
from adrs.evaluation.pool import EvaluationPool, side_by_side
from adrs.evaluation.racing import hopeless
from adrs.evaluation.source import RunReport, Source
from adrs.model.evaluation import Evaluation, Failure, FailureKind, Split, WorkloadResult
from adrs.model.problem import Objective, Problem
from adrs.model.program import Program
from adrs.model.trial import TrialState
from adrs.sandbox.limited import LimitedPool

_GATE_HELPERS = 4
"""At most: a text that hangs its parser holds nobody else up. One that is not needed is not started."""
SeenBehaviour = Callable[[str], str | None]
"""Takes the digest of a behaviour; returns the digest of the program that showed it before, or None."""


@dataclass(frozen=True)
class Outcome:
    """How an evaluation on train ended."""

    state: TrialState
    """COMPLETED, FAILED, PRUNED, or REJECTED for a duplicate."""
    reason: str = ""
    """A kind, a colon, one line; empty where it completed."""
    evaluation: Evaluation | None = None
    """What was measured; None where nothing was (the gate), or nothing counts (a duplicate)."""
    duplicate_of: str | None = None
    """The program that behaves the same on the probe: no trial is spent on this one."""


class Cascade:
    """Evaluates programs of one problem. Use it as an async context manager inside of the pool's."""

    def __init__(self, problem: Problem, pool: EvaluationPool) -> None:
        """Keep the problem and where its programs run."""
        self._problem = problem
        self._pool = pool
        self._limited = LimitedPool(workers=_GATE_HELPERS)
        self.gate = Gate(problem, self._limited)

    async def __aenter__(self) -> Self:
        """Open the gate."""
        await self._limited.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the gate's helpers."""
        await self._limited.__aexit__(kind, value, trace)

    async def evaluate(
        self,
        program: Program,
        source: Source,
        *,
        count: int | None = None,
        bar: Evaluation | None = None,
        seen_behaviour: SeenBehaviour | None = None,
    ) -> Outcome:
        """Evaluate a program on train, in stages.

        Args:
            program: what to evaluate.
            source: the train workloads.
            count: how many they are; by default as many as the problem declares, and more where train grew.
            bar: another program on the same workloads; a candidate that is significantly worse is pruned.
            seen_behaviour: asked once, after a probe without failures.

        Raises:
            EvaluatorBroken: the evaluator fails on the initial program too.
        """
        verdict = await self.gate(program)
        if verdict.failure is not None:
            return _ended(TrialState.FAILED, verdict.failure.kind, verdict.failure.reason)
        splits = self._problem.spec.splits
        total = count or splits.train
        done = _Measured()
        probe = splits.stages or splits.every_stage  # it stays what it was where train grew
        for stage, end in enumerate(dict.fromkeys((*probe, total))):
            done.take(await self._pool.run(program, source, range(len(done.results), end)), probe=stage == 0)
            failure = done.failure
            if failure is not None:
                evaluation = await self._failed(source, done, f"{failure.kind}: {failure.reason}", total)
                return _ended(TrialState.FAILED, failure.kind, failure.reason, evaluation)
            twin = seen_behaviour(done.behaviour) if stage == 0 and seen_behaviour else None
            if twin is not None:
                reason = f"behaves as {twin[:12]} does on the probe"
                return replace(_ended(TrialState.REJECTED, "duplicate", reason), duplicate_of=twin)
            if end < total and bar and hopeless(self._problem.spec.objective, done.results, bar):
                reason = f"significantly worse than the bar after {end} of {total} workloads"
                pruned = _ended(TrialState.PRUNED, "pruned", reason)
                return await self._ended_by_itself(pruned, source, done, bar, total)
        return await self._ended_by_itself(Outcome(TrialState.COMPLETED), source, done, bar, total)

    async def _ended_by_itself(
        self, outcome: Outcome, source: Source, done: _Measured, bar: Evaluation | None, total: int
    ) -> Outcome:
        """Add the evaluation, or say that the candidate failed where only its results cannot be summed up.

        An evaluator that cannot place or aggregate what it measured is broken only if it cannot do so for the
        bar either: else a candidate could have its trial tried again, and stop the run, by what it answers.
        """
        complete = outcome.state is TrialState.COMPLETED
        try:
            evaluation = await self._evaluation(source, done, isolated=False, complete=complete)
            return replace(outcome, evaluation=evaluation)
        except EvaluatorBroken as broken:
            if bar is None:
                raise
            proof = _Measured()
            proof.results = list(bar.results[: len(done.results)])
            await self._evaluation(source, proof, isolated=False, complete=complete)
            failure = Failure(FailureKind.INVALID, one_line(str(broken)))
        worst = (await self._pool.bounds(source, range(len(done.results)))).worst
        done.results = [
            replace(result, values=values, metrics={}, failure=failure)
            for result, values in zip(done.results, worst, strict=True)
        ]
        evaluation = await self._failed(source, done, f"{failure.kind}: {failure.reason}", total)
        return _ended(TrialState.FAILED, failure.kind, failure.reason, evaluation)

    async def measure(
        self, program: Program, source: Source, count: int, *, isolated: bool = True, repeat: int = 0
    ) -> Evaluation:
        """Measure a program on the first `count` workloads, all of them, whatever happens.

        Where recorded data holds fewer workloads, all that it holds are measured.

        Raises:
            DataError: recorded data holds no workload, or cannot be read.
            EvaluatorBroken: the evaluator fails on the initial program too.
        """
        if source.data is not None:
            count = min(count, len(await self._pool.workloads(source, count)))
            if count == 0:
                raise DataError(f"{source.data} holds no workload.")
        done = _Measured()
        report = await self._pool.run(program, source, range(count), isolated=isolated, repeat=repeat)
        done.take(report, probe=True)
        return await self._evaluation(source, done, isolated=isolated, complete=True)

    async def measure_all(
        self, programs: Mapping[str, Program], source: Source, count: int
    ) -> dict[str, Evaluation]:
        """Measure several programs, named as they are shown, on the same workloads: they compare in pairs.

        Equal programs are measured once. See `measure` for what it raises.
        """
        distinct = {program.digest: program for program in programs.values()}
        found = await side_by_side(self.measure(program, source, count) for program in distinct.values())
        by_digest = dict(zip(distinct, found, strict=True))
        return {name: by_digest[program.digest] for name, program in programs.items()}

    async def _evaluation(
        self, source: Source, done: _Measured, *, isolated: bool, complete: bool
    ) -> Evaluation:
        measures, feedback = await self._pool.summary(source, done.results)
        objectives = {
            objective.name: aggregate(objective, [result.values[objective.name] for result in done.results])
            for objective in self._problem.spec.objective
        }
        return Evaluation(
            split=source.split,
            opening=source.opening,
            results=tuple(done.results),
            objectives=objectives,
            complete=complete,
            isolated=isolated,
            measures=measures,
            feedback=feedback,
            behaviour=done.behaviour,
            wall_s=done.wall_s,
            cpu_s=done.cpu_s,
            sandbox=self._pool.sandbox.name,
            certificate=self._pool.certificate,
        )

    async def _failed(self, source: Source, done: _Measured, feedback: str, total: int) -> Evaluation:
        """What did fail, with everything that was not run of `total` workloads counted as worst."""
        missing = (await self._pool.bounds(source, range(len(done.results), total))).worst
        objectives = {}
        for objective in self._problem.spec.objective:
            values = [result.values[objective.name] for result in done.results]
            values += [row[objective.name] for row in missing]
            objectives[objective.name] = aggregate(objective, values)
        return Evaluation(
            split=source.split,
            opening=source.opening,
            results=tuple(done.results),
            objectives=objectives,
            complete=False,
            isolated=False,
            feedback=feedback if source.split is Split.TRAIN else "",
            behaviour=done.behaviour,
            wall_s=done.wall_s,
            cpu_s=done.cpu_s,
            sandbox=self._pool.sandbox.name,
            certificate=self._pool.certificate,
        )


class _Measured:
    """What has been measured so far."""

    def __init__(self) -> None:
        self.results: list[WorkloadResult] = []
        self.behaviour = ""
        self.wall_s = 0.0
        self.cpu_s = 0.0

    def take(self, report: RunReport, *, probe: bool) -> None:
        self.results += report.results
        self.wall_s += report.wall_s
        self.cpu_s += report.cpu_s
        if probe:
            self.behaviour = report.behaviour

    @property
    def failure(self) -> Failure | None:
        return next((result.failure for result in self.results if result.failure is not None), None)


def _ended(state: TrialState, kind: str, reason: str, evaluation: Evaluation | None = None) -> Outcome:
    return Outcome(state, f"{kind}: {reason}", evaluation)


def compare_isolated(
    grouped: Evaluation, isolated: Evaluation, objectives: Sequence[Objective]
) -> Evaluation:
    """Return the isolated evaluation, which counts, marked where it differs from the grouped one."""
    differs = any(grouped.values(one.name) != isolated.values(one.name) for one in objectives)
    return replace(isolated, differs_when_isolated=differs)


__all__ = ["Cascade", "GateVerdict", "Outcome", "aggregate", "compare_isolated"]
