"""`adrs inject` and `adrs ban`: steer a run, also while it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.run import RunRecord
    from adrs.run.steering import Intervention


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--idea", metavar="TEXT", help="An idea in words; a model writes a program from it.")
@runs_option
@json_option
def inject(run: str, file: str | None, idea: str | None, where: str, as_json: bool) -> None:
    """Give RUN a program or an idea to try. Each is a trial of its own, and part of the run's record.

    FILE is a file, a folder of files, `baseline:NAME`, another run, a program's digest, or another archive:
    what `adrs run --from` takes. A run that nobody works on tries it when it is resumed.
    """
    from adrs.archive.store import Archive
    from adrs.cli.bringing import bring
    from adrs.errors import ConfigError
    from adrs.plugins.problems import find_problem
    from adrs.run.steering import Intervention, record

    if (file is None) == (idea is None):
        raise ConfigError("Give one of the two: a FILE with a program, or --idea with words.")
    with Archive.open(where, create=False) as archive:
        found = run_to_steer(archive, run)
        if idea is not None:
            made = [Intervention("idea", note="adrs inject", idea=_checked(found, idea))]
        else:
            problem = find_problem(str(found.config["problem"]))
            made = bring(str(file), problem, archive, str(found.config.get("sandbox", "auto")))
        for one in made:
            record(archive, found.id, one)
    _say(found, made, as_json=as_json)


@click.command()
@click.argument("run", metavar="RUN")
@click.argument("program", metavar="PROGRAM")
@runs_option
@json_option
def ban(run: str, program: str, where: str, as_json: bool) -> None:
    """Ban PROGRAM (at least 6 digits of its digest, or a trial's number) from RUN.

    From then on nothing is built on it, no prompt shows it, and it does not become champion; where it is, the
    last champion before it that is not banned takes its place. What was recorded stays.
    """
    from adrs.archive.store import Archive
    from adrs.errors import ArchiveError, ConfigError
    from adrs.run.steering import Intervention, record

    with Archive.open(where, create=False) as archive:
        found = run_to_steer(archive, run)
        if program.isdigit() and len(program) < 6:
            candidate = archive.trial(found.id, int(program)).candidate
            if candidate is None:
                raise ArchiveError(f"Trial {program} of run {found.id} has no program.")
            digest = candidate.program.digest
        else:
            digest = archive.program(program).digest
        if digest == found.initial:
            raise ConfigError("The initial program cannot be banned: it is what everything comes from.")
        if archive.trial_of(found.id, digest) is None:
            raise ArchiveError(f"Run {found.id} has no trial of program {digest[:12]}.")
        made = Intervention("ban", note="adrs ban", program=digest)
        record(archive, found.id, made)
    _say(found, [made], as_json=as_json)
    if digest == found.champion and not as_json:
        _say_champion(found)


def run_to_steer(archive: Archive, ref: str) -> RunRecord:
    """Return a run that has a search to steer.

    Raises:
        ArchiveError: there is no such run.
        ConfigError: it stands for an imported program.
    """
    from adrs.errors import ConfigError
    from adrs.model.run import RunState

    found = archive.run(ref)
    if found.state is RunState.IMPORTED:
        raise ConfigError(
            f"{found.id} stands for an imported program and has no search to steer; begin one from it with: "
            f"adrs run {found.problem_id} --from {found.id}"
        )
    return found


def _checked(run: RunRecord, idea: str) -> str:
    """Return an idea that the run's proposer can do something with.

    Raises:
        ConfigError: it is empty or too long, or the run has no model.
    """
    from adrs.errors import ConfigError
    from adrs.proposer.prompt import MAX_IDEA_CHARS

    name = run.config.get("proposer", {}).get("name")
    if name == "syntax":
        raise ConfigError(
            f"Run {run.id} has no model, so nobody can write a program from an idea; inject a FILE."
        )
    text = idea.strip()
    if not 0 < len(text) <= MAX_IDEA_CHARS:
        raise ConfigError(f"--idea holds {len(text)} characters; write 1 to {MAX_IDEA_CHARS}.")
    return text


def _say_champion(run: RunRecord) -> None:
    from adrs.cli.console import out
    from adrs.cli.runs import short

    out().print(
        "It is the champion: the last one before it that is not banned takes its place when the run takes "
        f"this up. Where nobody works on it: adrs resume {short(run.id)}"
    )


def _say(run: RunRecord, made: list[Intervention], *, as_json: bool) -> None:
    from adrs.cli.console import out, print_json
    from adrs.cli.runs import short
    from adrs.cli.wording import count, safe

    if as_json:
        print_json({"run": run.id, "interventions": made})
        return
    for one in made:
        what = {
            "program": "a program " + safe(one.note, 80),
            "idea": "an idea",
            "ban": f"a ban of {one.program[:12]}",
        }
        out().print(f"Given to run {short(run.id)}: {what.get(one.kind, one.kind)}.")
    if any(one.kind != "ban" for one in made):
        out().print(f"It is tried within {count(len(made), 'trial')}, the next that the run asks for.")
