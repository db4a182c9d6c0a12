"""A program as `adrs show` prints it: its code, where it came from, what it scored, how it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.table import Table
from rich.text import Text

from adrs.cli.certified import certificate_as_plain, certificate_line, last_check
from adrs.cli.claims import cell
from adrs.cli.console import out, print_json, put
from adrs.cli.diff import code, raw, shown, unified
from adrs.cli.measured import measured
from adrs.cli.report import flag
from adrs.cli.show_run import trial_as_plain
from adrs.cli.wording import count, number, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from adrs.archive.store import Archive
    from adrs.model.problem import Objective
    from adrs.model.program import Program
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial

_DIFF_LINES = 60
_PURPOSES = {
    "train": "search",
    "grown": "search, on a train set that grew",
    "remeasured": "isolated",
    "validation": "promotion",
    "confirm": "confirm",
}
"""What an evaluation was made for, in words."""


def show_code(program: Program) -> None:
    """Print the code: coloured on a terminal, exactly as it is elsewhere."""
    console = out()
    if console.is_terminal:
        put(console, *code(program))
    else:
        click.echo(raw(program).encode(), nl=False)


def write_program(program: Program, folder: Path, *, as_json: bool) -> None:
    """Write a program's files into a folder.

    Raises:
        ConfigError: the folder holds something already, or cannot be written.
    """
    from adrs.errors import ConfigError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigError(f"--into {str(folder)!r}: it holds something already; name a new folder.")
        for path, text in program.files:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
    except OSError as error:
        raise ConfigError(f"--into {str(folder)!r}: it cannot be written: {error.strerror}.") from None
    names = [path for path, _ in program.files]
    if as_json:
        print_json({"into": str(folder), "program": program.digest, "files": names})
    else:
        put(out(), Text(f"Written to {safe(str(folder), 200)}: {safe(', '.join(names), 400)}"))


def show_diff(archive: Archive, run: RunRecord | None, trial: Trial | None, program: Program) -> None:
    """Print how a program differs from its parent and from the initial program."""
    console = out()
    found = list(differences(archive, run, trial, program))
    if not found:
        put(console, Text("It was built on no other program: it is an initial program, or a baseline."))
    for title, diff in found:
        put(console, Text(title, "bold"), *shown(diff))


def show_lineage(archive: Archive, run: RunRecord | None, trial: Trial | None) -> None:
    """Print what a program was built on, oldest first."""
    if run is None or trial is None:
        out().print("This program came from no trial, so it has no lineage.")
        return
    out().print(lineage_table(archive.lineage(run.id, trial.number), _objective(run)))


def show_trial(
    archive: Archive,
    run: RunRecord | None,
    trial: Trial | None,
    program: Program,
    where: str,
    *,
    as_json: bool,
) -> None:
    """Print everything about one program."""
    if as_json:
        print_json(_as_plain(archive, run, trial, program))
        return
    console = out()
    put(console, Text.assemble(("program ", "dim"), (program.digest, "bold")))
    if run is None or trial is None:
        put(
            console,
            Text("It came from no trial: it is a baseline, or was brought in.", "dim"),
            *code(program),
        )
        return
    objective = _objective(run)
    line = archive.lineage(run.id, trial.number)
    put(console, _origin(run, trial), Text(), evaluations_table(archive, run, program, objective))
    put(console, *_confined(archive, run, program))
    put(console, Text(f"\nLineage: {count(len(line) - 1, 'step')} from the initial program", "bold"))
    put(console, lineage_table(line, objective))
    ref = program.digest[:12]
    for title, diff in differences(archive, run, trial, program):
        more = f"adrs show {ref} --diff{flag(where)}"
        put(console, Text(f"\n{title}", "bold"), *shown(diff, most=_DIFF_LINES, more=more))
    put(console, Text.assemble(("\nIts code: ", "dim"), (f"adrs show {ref} --code{flag(where)}", "bold")))


def differences(
    archive: Archive, run: RunRecord | None, trial: Trial | None, program: Program
) -> Iterator[tuple[str, str]]:
    """Yield (title, diff) against the parent and, where that is another program, the initial one."""
    if run is None or trial is None or trial.number == 0:
        return
    parent = trial.selection.parent or run.initial
    if parent != run.initial:
        before = archive.program(parent)
        yield f"Against its parent {parent[:12]}", unified(before, program, "parent", "this program")
    initial = archive.program(run.initial)
    yield "Against the initial program", unified(initial, program, "initial program", "this program")


def lineage_table(line: Sequence[Trial], objective: Objective | None) -> Table:
    """Return the steps of a lineage: trial, score, what was changed."""
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("depth", justify="right")
    rows.add_column("trial", justify="right")
    rows.add_column(f"{objective.name} on train" if objective else "on train", justify="right", no_wrap=True)
    rows.add_column("program", no_wrap=True)
    rows.add_column("what was changed", overflow="fold")
    whole = [trial.evaluation for trial in line if trial.evaluation and trial.evaluation.complete]
    sizes = {len(evaluation.results) for evaluation in whole}
    for depth, trial in enumerate(line):
        candidate = trial.candidate
        rows.add_row(
            str(depth),
            str(trial.number),
            _score(trial, objective) + (_on(trial) if len(sizes) > 1 else ""),
            candidate.program.digest[:12] if candidate else "-",
            safe(candidate.summary or candidate.edit, 300) if candidate else "",
        )
    return rows


def _on(trial: Trial) -> str:
    """Say on how many workloads a trial was scored, where train grew within a lineage."""
    return "" if trial.evaluation is None else f" ({len(trial.evaluation.results)} workloads)"


def _score(trial: Trial, objective: Objective | None) -> str:
    if trial.evaluation is None:
        return trial.state.value
    if objective is None:
        return ", ".join(number(value) for value in trial.evaluation.objectives.values())
    return f"{number(trial.evaluation.objectives[objective.name])} {safe(objective.unit, 40)}"


def _origin(run: RunRecord, trial: Trial) -> Text:
    text = Text(f"trial {trial.number} of run {run.id} ({run.problem_id}), {trial.state.value}", "dim")
    if trial.candidate is not None:
        text.append(f"\n{safe(trial.candidate.edit, 200)}: {safe(trial.candidate.summary, 300)}", "default")
    if trial.reason:
        text.append(f"\n{safe(trial.reason, 500)}", "red")
    return text


def _objective(run: RunRecord) -> Objective | None:
    from adrs.errors import ProblemError
    from adrs.plugins.problems import find_problem

    try:
        return find_problem(str(run.config["problem"])).primary
    except ProblemError:
        return None


def evaluations_table(
    archive: Archive, run: RunRecord, program: Program, objective: Objective | None
) -> Table:
    """Return every evaluation of a program in a run."""
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column("measured for", no_wrap=True)
    rows.add_column("workloads", no_wrap=True)
    heading = "score" if objective is None else f"{objective.name} in {safe(objective.unit, 40)}"
    rows.add_column(heading, no_wrap=True)
    rows.add_column("where it lives in the grid")
    for record in archive.evaluations(run_id=run.id, program=program.digest):
        evaluation = record.evaluation
        if objective is None:
            score = Text(", ".join(number(value) for value in evaluation.objectives.values()))
        else:
            score = cell(measured(evaluation, objective))
        rows.add_row(
            _PURPOSES.get(record.purpose.value, record.purpose.value)
            + (", differs when isolated" if evaluation.differs_when_isolated else ""),
            f"{len(evaluation.results)} {evaluation.split.value}",
            score,
            Text(", ".join(f"{safe(k, 40)} {number(v, 3)}" for k, v in evaluation.measures.items())),
        )
    return rows


def _confined(archive: Archive, run: RunRecord, program: Program) -> Iterator[Text]:
    """Say what confined the program, once for each state of each host that measured it."""
    records = archive.evaluations(run_id=run.id, program=program.digest)
    found = dict.fromkeys(record.evaluation.certificate for record in records)
    for certificate in found:
        if certificate is not None:
            yield Text("Sandbox: ", "dim").append_text(
                certificate_line(certificate, last_check(archive, certificate))
            )


def _as_plain(
    archive: Archive, run: RunRecord | None, trial: Trial | None, program: Program
) -> dict[str, Any]:
    plain: dict[str, Any] = {"program": program.digest, "files": dict(program.files)}
    if run is None or trial is None:
        return plain | {"run": None, "trial": None}
    line = archive.lineage(run.id, trial.number)
    evaluations = [
        {
            "purpose": record.purpose,
            "split": record.evaluation.split,
            "opening": record.evaluation.opening,
            "workloads": len(record.evaluation.results),
            "objectives": record.evaluation.objectives,
            "measures": record.evaluation.measures,
            "complete": record.evaluation.complete,
            "isolated": record.evaluation.isolated,
            "differs_when_isolated": record.evaluation.differs_when_isolated,
            "failures": _failures(record.evaluation.results),
            "sandbox": record.evaluation.sandbox,
            "certificate": certificate_as_plain(
                record.evaluation.certificate, last_check(archive, record.evaluation.certificate)
            ),
        }
        for record in archive.evaluations(run_id=run.id, program=program.digest)
    ]
    return plain | {
        "run": run.id,
        "problem": run.problem_id,
        **trial_as_plain(trial),
        "lineage": [trial_as_plain(step) for step in line],
        "evaluations": evaluations,
        "diffs": dict(differences(archive, run, trial, program)),
    }


def _failures(results: Sequence[Any]) -> dict[str, int]:
    from collections import Counter

    return dict(Counter(r.failure.kind.value for r in results if r.failure is not None))
