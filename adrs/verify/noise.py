"""How small an improvement a problem's validation draw can see, from what the archive has measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from adrs.archive.store import Archive
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.plugins.problems import baseline_program, initial_program
from adrs.stats.detectable import detectable_percent
from adrs.stats.spending import next_alpha


@dataclass(frozen=True)
class Sight:
    """The smallest improvements of the primary objective that a first challenge sees, 4 times out of 5."""

    workloads: int
    """Of one validation draw."""
    percent: float | None
    """Where programs differ as unevenly from one workload to the next as the baselines and the initial
    program do (the median over baselines); None without a measured baseline."""
    noise_percent: float | None
    """What noise alone hides in one measurement: the initial program against itself, measured again; None
    where the objective is not noisy, or nothing was measured yet."""


def sight(archive: Archive, problem: Problem) -> Sight | None:
    """Return what this archive knows of how small an improvement can be seen, or None where it knows nothing.

    It rests on train workloads of the same problem, whichever run measured them.

    Args:
        archive: where runs are.
        problem: as it is now: what was measured of another version of it does not count.

    Raises:
        ProblemError: the initial program or a baseline cannot be read.
    """
    initial = initial_program(problem)
    reference = _of(archive, problem, initial, Purpose.TRAIN)
    if reference is None:
        return None
    baselines = [baseline_program(problem, each) for each in problem.spec.baseline if each.file is not None]
    others = [_of(archive, problem, program, Purpose.TRAIN) for program in baselines]
    seen = [_percent(problem, other, reference) for other in others]
    apart = [percent for percent in seen if percent is not None]
    again = _of(archive, problem, initial, Purpose.REMEASURED)
    noise = _percent(problem, again, reference) if problem.primary.noise == "measured" else None
    if not apart and noise is None:
        return None
    return Sight(problem.spec.splits.validation, median(apart) if apart else None, noise)


def _of(archive: Archive, problem: Problem, program: Program, purpose: Purpose) -> Evaluation | None:
    for record in archive.evaluations(program=program.digest, purpose=purpose):
        found = record.evaluation
        same = record.problem_digest == problem.digest and found.split is Split.TRAIN
        if same and found.complete and found.failure is None:
            return found
    return None


def _percent(problem: Problem, ours: Evaluation | None, reference: Evaluation) -> float | None:
    name = problem.primary.name
    if ours is None or len(ours.results) != len(reference.results):
        return None
    return detectable_percent(
        ours.values(name),
        reference.values(name),
        problem.spec.splits.validation,
        cells=[result.cell for result in reference.results],
        alpha=next_alpha([]),
    )
