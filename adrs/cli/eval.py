"""`adrs eval`: the true score of one program, beside the initial program and every baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option, sandbox_option

if TYPE_CHECKING:
    from adrs.model.problem import Problem
    from adrs.model.program import Program


@click.command("eval")
@click.argument("problem")
@click.argument("file")
@click.option(
    "--split",
    type=click.Choice(["train", "validation"]),
    default="train",
    show_default=True,
    help="Train is always the same draw; validation is drawn afresh and counted.",
)
@click.option(
    "--workloads", type=click.IntRange(min=1), metavar="N", help="How many.  [default: the whole split]"
)
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="PATH", help="Recorded data instead of a split."
)
@click.option("--workers", type=click.IntRange(1, 256), metavar="N", help="Evaluations at the same time.")
@sandbox_option
@runs_option
@json_option
def evaluate(problem: str, file: str, where: str, as_json: bool, **asked: Any) -> None:
    """Measure FILE on PROBLEM: a path, `initial`, or `baseline:NAME`.

    Every workload runs in a child process of its own, and the initial program and every baseline run on
    the same workloads, so that they compare in pairs.
    """
    import asyncio

    from adrs.cli.console import leave, out, print_json, put
    from adrs.cli.measuring import Request, measure_all
    from adrs.cli.scores import scores
    from adrs.cli.soundness import found_unsound, warning
    from adrs.plugins.problems import find_problem

    found = find_problem(problem)
    name, program = take(found, file)
    request = Request(found, name, program, where=where, **asked)
    console = out(to_stderr=as_json)
    with console.status("measuring …"):
        measurement = asyncio.run(measure_all(request))
    why = found_unsound(where, [found]).get(found.id, "")
    if as_json:
        print_json(measurement.as_plain() | {"unsound": why or None})
    else:
        put(console, *scores(measurement), *([warning(why)] if why else []))
    if measurement.refused is not None:
        leave(1)


def take(problem: Problem, file: str) -> tuple[str, Program]:
    """Return the program that FILE names, and the name that it is shown under.

    Raises:
        ProgramError: there is no such file or baseline, or it cannot be taken.
    """
    from adrs.plugins.problems import initial_program

    initial = initial_program(problem)
    if file == "initial":
        return "initial program", initial
    if file.startswith("baseline:"):
        return _baseline(problem, file.removeprefix("baseline:").strip())
    path = Path(file)
    return path.resolve().name, _from_disk(path, problem, initial)


def _baseline(problem: Problem, name: str) -> tuple[str, Program]:
    from adrs.errors import ProgramError, did_you_mean
    from adrs.plugins.problems import baseline_program

    known = {baseline.name: baseline for baseline in problem.spec.baseline if baseline.file is not None}
    folded = {each.casefold(): each for each in known}
    if name.casefold() not in folded:
        hint = did_you_mean(name, known) or f" It has: {', '.join(known) or 'none'}."
        raise ProgramError(f"{problem.id} has no baseline {name!r} with a program.{hint}")
    exact = folded[name.casefold()]
    return exact, baseline_program(problem, known[exact])


def _from_disk(path: Path, problem: Problem, initial: Program) -> Program:
    """Read a file in place of the entry's, or a folder as the whole program."""
    from adrs.errors import ProgramError
    from adrs.model.program import Program

    try:
        if path.is_dir():
            files = {p.relative_to(path).as_posix(): p.read_bytes() for p in sorted(path.rglob("*.py"))}
            return Program.of(files)
        return Program.of({**dict(initial.files), problem.entry_file: path.read_bytes()})
    except FileNotFoundError:
        raise ProgramError(
            f"There is no file {str(path)!r}; give a path, 'initial', or 'baseline:NAME'."
        ) from None
    except OSError as error:
        raise ProgramError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
