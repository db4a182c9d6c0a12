"""How a run ends: one unselected draw on which everything that matters is measured side by side."""

from __future__ import annotations

from collections.abc import Mapping

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.plugins.problems import initial_program
from adrs.run.standing import Standing

INITIAL = "initial program"
CHAMPION = "best found"


def contenders(problem: Problem, champion: Program, standing: Standing) -> dict[str, Program]:
    """Return what is measured side by side at the end, by the name it is shown under."""
    return {INITIAL: initial_program(problem), **standing.programs, CHAMPION: champion}


async def confirm(
    archive: Archive,
    cascade: Cascade,
    problem: Problem,
    run_id: str,
    programs: Mapping[str, Program],
) -> dict[str, Evaluation]:
    """Measure programs on a fresh draw of validation workloads, one child per workload.

    Args:
        archive: where the draw is counted and the evaluations are kept.
        cascade: measures.
        problem: whose workloads.
        run_id: the run that ends.
        programs: what to measure, by the name that it is shown under.

    Returns:
        The evaluation of each, by the same names; all on the same workloads, so they compare in pairs.
    """
    opening = archive.new_opening(problem, Split.VALIDATION, "confirm", programs[CHAMPION].digest)
    source = Source(Split.VALIDATION, archive.key(problem, Split.VALIDATION, opening), opening)
    count = problem.spec.splits.validation
    confirmed = await cascade.measure_all(programs, source, count)
    recorded = {program.digest: (program, confirmed[name]) for name, program in programs.items()}
    for program, evaluation in recorded.values():
        archive.record_evaluation(run_id, program, evaluation, Purpose.CONFIRM)
    return confirmed
