"""Programs that a person brings into a run: from a file, a folder, an import, a run or another archive."""

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

_SHORTEST = 6
"""Digits of a digest that name a program."""

BEST = 8
"""How many programs are taken from a run: its champion, and its best on train."""


def bring(ref: str, problem: Problem, archive: Archive, sandbox: str) -> list[Intervention]:
    """Return what `--from REF` names, each to be a trial of its own.

    Args:
        ref: a file, a folder of files, `baseline:NAME`, a run or a program of this archive (both may have
            come by import), another archive's folder or URL (its newest run of this problem), or such an
            archive with `#` and a run or a program of it.
        problem: what they are programs of.
        archive: where runs are kept.
        sandbox: the back-end that they will run in, by name.

    Raises:
        UserError: nothing of that name is there, a program has other files, or it came in a bundle and would
            run unconfined.
    """
    from adrs.archive.store import Archive
    from adrs.cli.eval import take
    from adrs.errors import ConfigError

    path, _, inside = ref.partition("#")
    is_path = Path(ref).exists() or "/" in ref or ref.endswith(".py")
    if ref.startswith("baseline:") or (is_path and not _is_archive(path)):
        if path.endswith(".zip"):
            raise ConfigError(
                f"{ref!r} is a bundle, whose claims are checked before anything builds on it; take it in "
                f"with `adrs import {ref}`, and then give the program's digest."
            )
        name, program = take(problem, ref)
        return [injection(problem, program, f"from {name}")]
    if not _is_archive(path):
        return list(_named(archive, ref, problem, sandbox))
    with Archive.open(path, create=False) as other:
        if inside:
            return list(_named(other, inside, problem, sandbox))
        return list(_named(other, _newest(other, problem, path).id, problem, sandbox))


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


def _named(archive: Archive, ref: str, problem: Problem, sandbox: str) -> Iterator[Intervention]:
    """Yield what a run or a program's digest names in an archive.

    Raises:
        ArchiveError: neither is there, or it is of another problem.
    """
    from adrs.errors import ArchiveError
    from adrs.model.program import Program

    try:
        run = archive.run(ref)
    except ArchiveError:
        if len(ref) < _SHORTEST or set(ref.lower()) - set("0123456789abcdef"):
            raise
        yield _of_digest(archive, ref, problem, sandbox)
        return
    for one in _of_run(archive, run, problem):
        _require_confinement(Program.of(dict(one.files)), archive, sandbox)
        yield one


def _of_digest(archive: Archive, ref: str, problem: Problem, sandbox: str) -> Intervention:
    """Return a program of any run, also one that came by import."""
    from adrs.errors import ArchiveError

    program = archive.program(ref)
    homes = {archive.run(record.run_id).problem_id for record in archive.evaluations(program=program.digest)}
    if homes and problem.id not in homes:
        raise ArchiveError(
            f"The program {program.digest[:12]} is of {', '.join(map(repr, sorted(homes)))}, not of "
            f"{problem.id!r}."
        )
    _require_confinement(program, archive, sandbox)
    return injection(problem, program, f"program {program.digest[:12]}")


def _require_confinement(program: Program, archive: Archive, sandbox: str) -> None:
    """Let what came in a bundle run in a sandbox only, as `adrs verify` does.

    Raises:
        ConfigError: it did, and would run unconfined.
    """
    from adrs.errors import ConfigError
    from adrs.verify.bundle.importing import imports

    if sandbox == "none" and any(run.champion == program.digest for run in imports(archive)):
        raise ConfigError(
            f"The program {program.digest[:12]} came in a bundle: it is somebody else's code and runs in a "
            "sandbox only, not with --sandbox none."
        )


def _newest(archive: Archive, problem: Problem, where: str) -> RunRecord:
    from adrs.errors import ArchiveError
    from adrs.model.run import RunState

    for run in archive.runs(limit=10_000):
        if run.problem_id == problem.id and run.state is not RunState.IMPORTED:
            return run
    raise ArchiveError(f"The archive {where!r} has no run of {problem.id!r}; name another with --from.")


def _of_run(archive: Archive, run: RunRecord, problem: Problem) -> Iterator[Intervention]:
    """Yield a run's champion and its best programs on train, best first, without its initial program.

    What was banned there is left out.

    They were scored under an evaluator that may have changed since: here they are measured again.
    """
    from adrs.errors import ArchiveError
    from adrs.model.run import RunState
    from adrs.model.trial import TrialState
    from adrs.run.growth import last_epoch
    from adrs.run.steering import banned_in

    if run.problem_id != problem.id:
        raise ArchiveError(
            f"Run {run.id} is of the problem {run.problem_id!r}, so its programs are none of {problem.id!r}."
        )
    if run.state is RunState.IMPORTED and run.champion is not None:
        yield injection(problem, archive.program(run.champion), f"from import {run.id}")
        return
    objective = problem.primary
    left_out = {run.initial, *banned_in(archive, run.id)}
    scored: dict[str, tuple[bool, float, Trial]] = {}
    epoch = last_epoch(archive, run)
    for recorded in archive.trials(run.id, states=[TrialState.COMPLETED], light=True):
        trial = epoch.seen(recorded)
        if trial is None or trial.state is not TrialState.COMPLETED:
            continue
        if trial.candidate is None or trial.evaluation is None or trial.program.digest in left_out:
            continue
        value = objective.sign * trial.evaluation.objectives.get(objective.name, float("-inf"))
        scored.setdefault(trial.program.digest, (trial.program.digest == run.champion, value, trial))
    if not scored:
        raise ArchiveError(
            f"Run {run.id} has no program besides its initial one and what is banned, so there is nothing to "
            "take."
        )
    for _, _, trial in heapq.nlargest(BEST, scored.values(), key=lambda each: each[:2]):
        yield injection(problem, trial.program, f"from run {run.id}, trial {trial.number}")
