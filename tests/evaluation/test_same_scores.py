"""A score does not depend on the sandbox: the same bits in every one that works here."""

from __future__ import annotations

import asyncio

import pytest

from adrs.errors import SandboxUnavailable
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.evaluation.source import RunReport
from adrs.model.evaluation import Split
from adrs.plugins.problems import baseline_program, find_problem, initial_program
from adrs.sandbox import registry
from adrs.sandbox.contract import Sandbox

SOURCE = Source(Split.TRAIN, bytes(range(16)))
INDICES = tuple(range(8))


def measured(name: str, sandbox: Sandbox) -> list[RunReport]:
    problem = find_problem(name)
    initial = initial_program(problem)
    programs = [initial, *(baseline_program(problem, one) for one in problem.spec.baseline)]

    async def main() -> list[RunReport]:
        async with EvaluationPool(problem, sandbox, workers=2, initial=initial) as pool:
            return await asyncio.gather(*(pool.run(program, SOURCE, INDICES) for program in programs))

    return asyncio.run(main())


@pytest.mark.parametrize("other", ["process", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.parametrize("problem", ["flow_shop", "spot_multiregion"])
def test_scores_are_the_same_to_the_last_bit(problem: str, other: str) -> None:
    try:
        sandboxes = [registry.sandbox("bubblewrap"), registry.sandbox(other)]
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    first, second = (measured(problem, sandbox) for sandbox in sandboxes)
    assert all(row.failure is None for report in first for row in report.results)
    assert len({repr(report.results) for report in first}) > 1
    assert [repr(report.results) for report in first] == [repr(report.results) for report in second]
    assert [report.behaviour for report in first] == [report.behaviour for report in second]
