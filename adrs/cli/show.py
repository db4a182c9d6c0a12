"""`adrs show`: a run, or a program that one made or that was imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.program import Program
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial


@click.command()
@click.argument("ref", metavar="RUN|PROGRAM")
@click.option("--trial", "number", type=click.IntRange(min=0), metavar="N", help="Show the run's trial N.")
@click.option("--code", is_flag=True, help="Print the program's code: of a run, its champion's.")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the program's files into DIR, a new folder, as `adrs eval` takes it.",
)
@click.option(
    "--diff", is_flag=True, help="Print how the program differs from its parent and from the initial program."
)
@click.option("--lineage", is_flag=True, help="Print what the program was built on, step by step.")
@click.option("--health", is_flag=True, help="Print whether the run's search did what it says.")
@click.option(
    "--prompt", is_flag=True, help="Print the trial's prompts as they were sent, and why these parents."
)
@runs_option
@json_option
def show(
    ref: str,
    number: int | None,
    code: bool,
    into: Path | None,
    diff: bool,
    lineage: bool,
    health: bool,
    prompt: bool,
    where: str,
    as_json: bool,
) -> None:
    """Show RUN (its id, a unique beginning of it, or `last`) or PROGRAM (at least 6 digits of its digest)."""
    from adrs.archive.store import Archive
    from adrs.cli.show_health import show_health
    from adrs.cli.show_program import show_code, show_diff, show_lineage, show_trial, write_program
    from adrs.cli.show_prompt import show_prompt
    from adrs.cli.show_run import show_run
    from adrs.model.run import RunState

    with Archive.open(where, create=False) as archive:
        if prompt and number is not None:
            record = archive.run(ref)
            show_prompt(archive, record, archive.trial(record.id, number), as_json=as_json)
            return
        run, trial, program = find(archive, ref, number)
        if prompt:
            show_prompt(archive, run, trial, as_json=as_json)
            return
        if into is not None:
            write_program(program, into, as_json=as_json)
        elif health:
            show_health(archive, required(run, ref), as_json=as_json)
        elif code and not as_json:
            show_code(program)
        elif diff and not as_json:
            show_diff(archive, run, trial, program)
        elif lineage and not as_json:
            show_lineage(archive, run, trial)
        elif run is not None and run.state is RunState.IMPORTED:
            from adrs.cli.show_imported import show_imported

            show_imported(archive, run, program, as_json=as_json)
        elif run is not None and number is None and _names_run(run, ref):
            show_run(archive, run, where, as_json=as_json)
        else:
            show_trial(archive, run, trial, program, where, as_json=as_json)


def find(archive: Archive, ref: str, number: int | None) -> tuple[RunRecord | None, Trial | None, Program]:
    """Return the run that is meant (or that a program came from), the trial, and the program.

    Raises:
        ArchiveError: neither a run nor a program is meant, or the run has no such trial.
    """
    from adrs.errors import ArchiveError

    try:
        run = archive.run(ref)
    except ArchiveError as no_run:
        try:
            program = archive.program(ref)
        except ArchiveError as no_program:
            raise ArchiveError(_neither(ref, no_run, no_program)) from None
        return _origin(archive, program)
    if number is not None:
        trial = archive.trial(run.id, number)
        if trial.candidate is None:
            raise ArchiveError(
                f"Trial {number} of run {run.id} has no program: it is {trial.state.value}"
                + (f" ({trial.reason})." if trial.reason else ".")
            )
        return run, trial, trial.candidate.program
    digest = run.champion or run.initial
    return run, archive.trial_of(run.id, digest), archive.program(digest)


def required(run: RunRecord | None, ref: str) -> RunRecord:
    """Return the run.

    Raises:
        ArchiveError: a program was named that came from none.
    """
    from adrs.errors import ArchiveError

    if run is None:
        raise ArchiveError(f"{ref!r} is a program that came from no run; name a run, as `adrs runs` does.")
    return run


def _neither(ref: str, no_run: Exception, no_program: Exception) -> str:
    """Choose the sentence that fits what was most likely meant."""
    digits = set(ref.lower()) <= set("0123456789abcdef") and len(ref) >= 6
    return str(no_program if digits else no_run)


def _names_run(run: RunRecord, ref: str) -> bool:
    return ref.strip().lower() == "last" or run.id.startswith(ref.strip().upper())


def _origin(archive: Archive, program: Program) -> tuple[RunRecord | None, Trial | None, Program]:
    """Return the newest run that a program came from, or what it was imported as; a baseline has none."""
    from adrs.model.run import RunState

    imported = None
    for run in archive.runs(limit=10_000):
        trial = archive.trial_of(run.id, program.digest)
        if trial is not None:
            return run, trial, program
        if run.state is RunState.IMPORTED and run.champion == program.digest:
            imported = imported or run
    return imported, None, program
