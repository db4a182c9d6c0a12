"""Programs that a person brings into a run: from a file, a folder, another run or another archive."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.problem import Problem
    from adrs.model.program import Program
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial
    from adrs.run.steering import Intervention

BEST = 8
"""How many programs are taken from a run: its champion, and its best on train."""


def bring(ref: str, problem: Problem, archive: Archive) -> list[Intervention]:
    """Return what `--from REF` names, each to be a trial of its own.

    Args:
        ref: a file, a folder of files, `baseline:NAME`, a run of this archive, another archive's folder or
            URL (its newest run of this problem), or such an archive with `#RUN`.
        problem: what they are programs of.
        archive: where runs are kept.

    Raises:
        UserError: nothing of that name is there, or a program changes what may not be changed.
    """
    from adrs.archive.store import Archive
    from adrs.cli.eval import take

    path, _, run = ref.partition("#")
    is_path = Path(ref).exists() or "/" in ref or ref.endswith(".py")
    if ref.startswith("baseline:") or (is_path and not _is_archive(path)):
        name, program = take(problem, ref)
        return [injection(problem, program, f"from {name}")]
    if not _is_archive(path):
        return list(_of_run(archive, archive.run(ref), problem))
    with Archive.open(path, create=False) as other:
        record = other.run(run) if run else _newest(other, problem, path)
        return list(_of_run(other, record, problem))


def injection(problem: Problem, program: Program, note: str) -> Intervention:
    """Return a program as something to inject.

    A person may change what a model may not: only the names of the files must be those of the problem.

    Raises:
        ProgramError: it has other files, or its EVOLVE-BLOCK markers are not balanced.
    """
    from adrs.errors import ProgramError
    from adrs.plugins.problems import initial_program
    from adrs.proposer.evolve_block import regions
    from adrs.run.steering import Intervention

    wanted = [name for name, _ in initial_program(problem).files]
    found = [name for name, _ in program.files]
    if found != wanted:
        raise ProgramError(
            f"The program ({note}) has the files {', '.join(found)}; those of {problem.id!r} have "
            f"{', '.join(wanted)}."
        )
    for _, text in program.files:
        regions(text)
    return Intervention("program", note=note, files=dict(program.files))


def _is_archive(path: str) -> bool:
    if "://" in path:
        return True
    folder = Path(path)
    return folder.suffix == ".sqlite" or (folder / "archive.sqlite").is_file()


def _newest(archive: Archive, problem: Problem, where: str) -> RunRecord:
    from adrs.errors import ArchiveError

    for run in archive.runs(limit=10_000):
        if run.problem_id == problem.id:
            return run
    raise ArchiveError(f"The archive {where!r} has no run of {problem.id!r}; name another with --from.")


def _of_run(archive: Archive, run: RunRecord, problem: Problem) -> Iterator[Intervention]:
    """Yield a run's champion and its best programs on train, best first, without its initial program.

    They were scored under an evaluator that may have changed since: here they are measured again.
    """
    from adrs.errors import ArchiveError
    from adrs.model.trial import TrialState

    if run.problem_id != problem.id:
        raise ArchiveError(
            f"Run {run.id} is of the problem {run.problem_id!r}, so its programs are none of {problem.id!r}."
        )
    objective = problem.primary
    scored: dict[str, tuple[bool, float, Trial]] = {}
    for trial in archive.trials(run.id, states=[TrialState.COMPLETED], light=True):
        if trial.candidate is None or trial.evaluation is None or trial.program.digest == run.initial:
            continue
        value = objective.sign * trial.evaluation.objectives.get(objective.name, float("-inf"))
        scored.setdefault(trial.program.digest, (trial.program.digest == run.champion, value, trial))
    if not scored:
        raise ArchiveError(
            f"Run {run.id} has no program besides its initial one, so there is nothing to take."
        )
    for _, _, trial in heapq.nlargest(BEST, scored.values(), key=lambda each: each[:2]):
        yield injection(problem, trial.program, f"from run {run.id}, trial {trial.number}")
