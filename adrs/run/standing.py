"""What a run is compared with: the baselines and the bound on the train workloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade, aggregate
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective, Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.plugins.problems import baseline_program
from adrs.run.repeats import measure_noise


@dataclass(frozen=True)
class Standing:
    """The numbers that everything found is held against, on train, in the primary objective's unit."""

    programs: Mapping[str, Program]
    """Re-implemented baselines by name."""
    baselines: Mapping[str, float]
    bound: float | None
    """Aggregate of the proven bound; None unless every workload has one."""
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    """The evaluations behind `baselines`."""

    def rival(self, objective: Objective) -> tuple[str, Evaluation] | None:
        """Return the baseline that is hardest to pass on train, with its name."""
        if not self.evaluations:
            return None
        return max(self.evaluations.items(), key=lambda item: objective.sign * self.baselines[item[0]])


async def measure_standing(
    archive: Archive,
    cascade: Cascade,
    pool: EvaluationPool,
    problem: Problem,
    run_id: str,
    train: Source,
    count: int | None = None,
) -> Standing:
    """Measure every baseline and the bound on train; what the archive knows already is not measured again.

    Args:
        archive: where it is kept.
        cascade: measures.
        pool: knows the bound.
        problem: whose baselines.
        run_id: the run that asks.
        train: the train workloads.
        count: how many they are, where train grew; by default as many as the problem declares.
    """
    declared = problem.spec.splits.train
    count = count or declared
    purpose = Purpose.TRAIN if count == declared else Purpose.GROWN
    objective = problem.primary
    programs = {
        baseline.name: baseline_program(problem, baseline)
        for baseline in problem.spec.baseline
        if baseline.file is not None
    }
    evaluations = {}
    for name, program in programs.items():
        evaluation = _known(archive, problem, program, train, purpose, count)
        if evaluation is None:
            evaluation = await cascade.measure(program, train, count, isolated=False)
            archive.record_evaluation(run_id, program, evaluation, purpose)
        if evaluation.failure is None:
            evaluations[name] = evaluation
    baselines = {name: found.objectives[objective.name] for name, found in evaluations.items()}
    await measure_noise(archive, cascade, problem, run_id, train)
    bounds = await pool.bounds(train, range(count))
    proven = [row[objective.name] for row in bounds.bound if row is not None]
    complete = len(proven) == count
    bound = aggregate(objective, proven) if complete else None
    return Standing(programs, baselines, bound, evaluations)


def _known(
    archive: Archive, problem: Problem, program: Program, train: Source, purpose: Purpose, count: int
) -> Evaluation | None:
    for record in archive.evaluations(program=program.digest, purpose=purpose):
        found = record.evaluation
        same = record.problem_digest == problem.digest and found.opening == train.opening
        if same and found.complete and len(found.results) == count:
            return found
    return None
