"""The cascade, against real workers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from adrs.errors import DataError
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool, RunReport, Source
from adrs.model.evaluation import FailureKind, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import TrialState
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox.contract import Sandbox

from .conftest import solve

T = TypeVar("T")


def with_cascade(problem: Problem, sandbox: Sandbox, use: Callable[[Cascade], Awaitable[T]]) -> T:
    async def main() -> T:
        pool = EvaluationPool(problem, sandbox, workers=1, initial=initial_program(problem))
        async with pool, Cascade(problem, pool) as cascade:
            return await use(cascade)

    return asyncio.run(main())


def test_a_program_goes_all_the_way(tiny: Problem, initial: Program, train: Source, sandbox: Sandbox) -> None:
    async def use(cascade: Cascade) -> None:
        outcome = await cascade.evaluate(initial, train)
        found = outcome.evaluation
        assert (outcome.state, outcome.reason, outcome.duplicate_of) == (TrialState.COMPLETED, "", None)
        assert found is not None
        assert [one.index for one in found.results] == list(range(24))
        assert found.objectives == {"distance": 10.0}
        assert (found.complete, found.isolated, found.sandbox) == (True, False, sandbox.name)
        assert found.measures == {"failed": 0.0}
        assert found.feedback == "24 workloads"
        alone = await cascade.measure(initial, train, 24)
        assert alone.results == found.results
        assert alone.isolated
        hidden = await cascade.measure(initial, Source(Split.VALIDATION, b"v", 3), 8)
        assert (hidden.split, hidden.opening, hidden.feedback) == (Split.VALIDATION, 3, "")

    with_cascade(tiny, sandbox, use)


def test_a_failure_ends_it_and_what_was_not_run_counts_worst(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(cascade: Cascade) -> None:
        first = (await cascade.evaluate(initial, train)).evaluation
        assert first is not None
        late = int(first.results[7].metrics["plan"]) - 10
        assert late not in [int(one.metrics["plan"]) - 10 for one in first.results[:4]]
        outcome = await cascade.evaluate(solve(f"assert given.target != {late}\nreturn given.target"), train)
        assert outcome.state is TrialState.FAILED
        assert outcome.reason.startswith("exception: AssertionError")
        found = outcome.evaluation
        assert found is not None
        assert len(found.results) == 12
        assert found.failure is not None
        assert found.failure.kind is FailureKind.EXCEPTION
        failed = sum(one.failure is not None for one in found.results)
        assert found.objectives == {"distance": pytest.approx((failed + 12) * 1000 / 24)}
        assert not found.complete
        assert "AssertionError" in found.feedback

    with_cascade(tiny, sandbox, use)


def test_what_is_surely_worse_than_the_bar_is_pruned_and_what_is_not_goes_on(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(cascade: Cascade) -> None:
        bar = (await cascade.evaluate(initial, train)).evaluation
        worse = await cascade.evaluate(solve("return given.target + 12"), train, bar=bar)
        assert worse.state is TrialState.PRUNED
        assert worse.reason.startswith("pruned: ")
        assert worse.evaluation is not None
        assert len(worse.evaluation.results) == 4
        assert worse.evaluation.objectives == {"distance": 12.0}
        assert not worse.evaluation.complete
        better = await cascade.evaluate(solve("return given.target + 9"), train, bar=bar)
        assert better.state is TrialState.COMPLETED

    with_cascade(tiny, sandbox, use)


def test_a_duplicate_is_known_by_its_behaviour_on_the_probe_alone(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    seen: dict[str, str] = {}

    async def use(cascade: Cascade) -> None:
        for body in ("return given.target + 10", "return 10 + given.target", "return given.target"):
            program = solve(body)
            outcome = await cascade.evaluate(
                program, train, seen_behaviour=lambda shown, own=program.digest: _claim(seen, shown, own)
            )
            if body.startswith("return 10"):
                assert outcome.state is TrialState.REJECTED
                assert outcome.duplicate_of == initial.digest == solve("return given.target + 10").digest
                assert outcome.evaluation is None
            else:
                assert outcome.state is TrialState.COMPLETED

    with_cascade(tiny, sandbox, use)
    assert len(seen) == 2


@pytest.mark.parametrize(("stages", "ends"), [("[4, 12]", [4, 12, 36]), ("[]", [24, 36])])
def test_where_train_grew_more_workloads_come_after_the_same_probe(
    own_tiny: Path, initial: Program, train: Source, sandbox: Sandbox, stages: str, ends: list[int]
) -> None:
    toml = own_tiny / "problem.toml"
    toml.write_text(toml.read_text().replace("stages = [4, 12]", f"stages = {stages}"))
    problem = find_problem(str(own_tiny))

    async def use(cascade: Cascade) -> None:
        small = (await cascade.evaluate(initial, train)).evaluation
        grown = (await cascade.evaluate(initial, train, count=36)).evaluation
        assert small is not None
        assert grown is not None
        assert (len(small.results), len(grown.results), grown.complete) == (24, 36, True)
        assert grown.results[:24] == small.results
        assert grown.behaviour == small.behaviour
        late = int(grown.results[30].metrics["plan"]) - 10
        assert late not in [int(one.metrics["plan"]) - 10 for one in grown.results[: ends[0]]]
        failing = solve(f"assert given.target != {late}\nreturn given.target")
        found = (await cascade.evaluate(failing, train, count=36)).evaluation
        assert found is not None
        assert len(found.results) in ends
        failed = sum(one.failure is not None for one in found.results) + 36 - len(found.results)
        assert found.objectives == {"distance": pytest.approx(failed * 1000 / 36)}

    with_cascade(problem, sandbox, use)


def test_without_stages_all_of_train_is_run_at_once_and_is_the_probe(
    own_tiny: Path, initial: Program, train: Source, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = own_tiny / "problem.toml"
    toml.write_text(toml.read_text().replace("stages = [4, 12]", "stages = []"))
    problem = find_problem(str(own_tiny))
    assert problem.spec.splits.every_stage == (24,)
    asked: list[int] = []
    run = EvaluationPool.run

    async def counted(pool: EvaluationPool, program: Program, source: Source, indices: range) -> RunReport:
        asked.append(len(indices))
        return await run(pool, program, source, indices)

    monkeypatch.setattr(EvaluationPool, "run", counted)
    seen: dict[str, str] = {}

    async def use(cascade: Cascade) -> None:
        first = await cascade.evaluate(initial, train)
        assert first.state is TrialState.COMPLETED
        bar = first.evaluation
        worse = await cascade.evaluate(solve("return given.target + 12"), train, bar=bar)
        assert (worse.state, asked) == (TrialState.COMPLETED, [24, 24])
        for body in ("return given.target + 9", "return 9 + given.target"):
            outcome = await cascade.evaluate(
                solve(body), train, seen_behaviour=lambda shown, own=body: _claim(seen, shown, own)
            )
        assert outcome.state is TrialState.REJECTED
        assert outcome.duplicate_of == "return given.target + 9"

    with_cascade(problem, sandbox, use)


def _claim(seen: dict[str, str], shown: str, own: str) -> str | None:
    owner = seen.setdefault(shown, own)
    return None if owner == own else owner


def test_the_gate_stops_what_need_not_run(tiny: Problem, train: Source, sandbox: Sandbox) -> None:
    async def use(cascade: Cascade) -> None:
        outcome = await cascade.evaluate(solve("import socket"), train)
        assert outcome.state is TrialState.FAILED
        assert outcome.reason.startswith("forbidden: solve.py, line 2")
        assert outcome.evaluation is None
        verdict = await cascade.gate(solve("return 1"))
        assert verdict.failure is None

    with_cascade(tiny, sandbox, use)


def test_recorded_data_is_measured_as_far_as_it_goes(
    tiny: Problem, initial: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    data, empty = tmp_path / "data", tmp_path / "empty"
    data.write_text("1 2 3")
    empty.write_text("")

    async def use(cascade: Cascade) -> None:
        found = await cascade.measure(initial, Source(Split.TEST, b"", data=data), 100)
        assert [one.cell for one in found.results] == ["recorded"] * 3
        with pytest.raises(DataError, match="no workload"):
            await cascade.measure(initial, Source(Split.TEST, b"", data=empty), 100)

    with_cascade(tiny, sandbox, use)
