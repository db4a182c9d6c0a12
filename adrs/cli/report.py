"""The end of a run: what was found, whether it is really better, how it differs, and what to type next."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.claims import cell, claim
from adrs.cli.diff import shown, unified
from adrs.cli.results import CHAMPION, INITIAL, Results
from adrs.cli.runs import problem_of, short
from adrs.cli.sight import in_words, known_sight
from adrs.cli.soundness import warning
from adrs.cli.status import money_line
from adrs.cli.wording import count, duration, percent, safe, tally, train_sizes
from adrs.model.run import RunState

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.run import RunRecord

_DIFF_LINES = 60


def report(archive: Archive, results: Results, where: str) -> list[RenderableType]:
    """Return the whole report of a run, part by part."""
    parts: list[RenderableType] = [
        Text(),
        heading(results),
        Text(),
        table(results),
        Text(),
        *verdicts(results),
    ]
    if results.improved and results.run.champion is not None:
        initial, champion = archive.program(results.run.initial), archive.program(results.run.champion)
        diff = unified(initial, champion, INITIAL, CHAMPION)
        more = f"adrs show {short(results.run.id)} --diff{flag(where)}"
        parts += [Text("\nWhat changed", "bold"), *shown(diff, most=_DIFF_LINES, more=more)]
    seen = Text(f"Sight: {in_words(known_sight(archive, results.problem))}")
    return [*parts, Text(), seen, *effort(results), Text(), *following(results, where)]


def heading(results: Results) -> Text:
    """Return which run this is and how it stands."""
    run = results.run
    line = Text.assemble((run.problem_id, "bold"), (f" · run {run.id} · {run.state.value}", "dim"))
    line.append(f" ({safe(run.stop_reason, 800)})" if run.stop_reason else "", "dim")
    return line.append("\n").append_text(warning(results.unsound)) if results.unsound else line


def table(results: Results) -> Table:
    """Return the initial program, the baselines and the best found, each with its intervals."""
    objective = results.objective
    draws = [row.confirm.workloads for row in results.rows if row.confirm is not None]
    fresh = f"{max(draws)} fresh workloads" if draws else "not measured yet"
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    rows.add_column(f"{objective.direction} {objective.name}\nin {safe(objective.unit, 40)}", overflow="fold")
    rows.add_column("on train:\nwhat the search saw")
    rows.add_column(f"on the confirm draw:\n{fresh}")
    for row in results.rows:
        name = Text(safe(row.name, 80), "bold" if row.name == CHAMPION else "")
        if row.name == CHAMPION:
            name.append(f" (trial {results.champion_trial})", "not bold dim")
        rows.add_row(name, cell(row.train), cell(row.confirm))
    return rows


def verdicts(results: Results) -> Iterator[Text]:
    """Say what the numbers allow to be said, and no more."""
    if not results.improved:
        yield Text("No improvement found: nothing won against the initial program on validation.", "yellow")
        best = results.best_on_train
        if best is not None and _better_than_initial(results):
            yield Text(
                f"Trial {best.number} is better on train, but that did not hold on workloads it had not seen."
            )
        return
    if any(found.reference == INITIAL and found.verdict != "better" for found in results.against):
        yield Text(
            "No improvement found: on the confirm draw, which chose nothing, the best found is not surely "
            "better than the initial program.",
            "yellow",
        )
    for found in results.against:
        yield claim(CHAMPION, found, results.objective)
    if not results.against:
        yield Text(
            "There is no confirm draw yet, so nothing is claimed; the champion won on validation.", "yellow"
        )
    if results.gap_covered is not None:
        share = percent(results.gap_covered)
        yield Text(f"Share of the way from the initial program to the best baseline: {share}")


def _better_than_initial(results: Results) -> bool:
    initial = next((row.train for row in results.rows if row.name == INITIAL), None)
    best = results.best_on_train
    if initial is None or best is None or best.evaluation is None:
        return False
    objective = results.objective
    return objective.sign * (best.evaluation.objectives[objective.name] - initial.value) > 0


def effort(results: Results) -> Iterator[Text]:
    """Say what it took, and under which sandbox."""
    usage = results.usage
    states = tally(results.states)
    yield Text(
        f"{count(usage.trials, 'trial')} in {duration(usage.seconds)}" + (f": {states}" if states else "")
    )
    if len(results.train) > 1:
        yield Text(f"Train grew: {train_sizes(results.train)}. Scores on train are of the last.")
    n_rejected = sum(results.rejected.values())
    if n_rejected:
        kinds = tally(results.rejected)
        yield Text(f"{count(n_rejected, 'proposal')} rejected before evaluation, at no trial's cost: {kinds}")
    spent = money_line(usage, None)
    if spent:
        yield Text(f"Models: {spent}")
    yield sandbox_line(results)


def sandbox_line(results: Results) -> Text:
    """Say which sandbox confined the candidates, and what it could not hold on this host."""
    from adrs.cli.certified import certificate_line
    from adrs.cli.preview import guarantees
    from adrs.errors import UserError
    from adrs.plugins import registry

    if results.certificate is not None:
        return Text("Sandbox: ").append_text(certificate_line(results.certificate, results.check))
    try:
        sandbox = registry.sandbox(results.sandbox)
    except UserError:
        return Text(f"Sandbox: {safe(results.sandbox, 40)}, which does not work on this machine", "yellow")
    if all(guarantee.held for guarantee in sandbox.guarantees()):
        return Text(f"Sandbox: {sandbox.name}, with every guarantee held on this host")
    return Text("Sandbox: ").append_text(guarantees(sandbox))


def following(results: Results, where: str) -> Iterator[Text]:
    """Say what to type next."""
    from adrs.plugins.problems import initial_program

    run, extra = results.run, flag(where)
    ref = short(run.id)
    several = len(initial_program(results.problem).files) > 1
    kept = f"{results.problem.id}_best" if several else results.problem.entry_file
    how = f"--into {kept}{extra}" if several else f"--code{extra} > {kept}"
    yield Text("What to type next", "bold")
    yield _command(f"adrs show {ref}{extra}", "the run and its best trials")
    if results.improved:
        yield _command(f"adrs show {ref} {how}", "keep the best program")
        again = f"adrs eval {problem_of(run)} {kept} --split validation{extra}"
        yield _command(again, "measure it again")
    yield _command(f"adrs resume {ref}{more(run, results.usage.trials)}{extra}", "go on")


def more(run: RunRecord, trials: int) -> str:
    """Return the option that gives a run more of what it has run out of; nothing where that is nothing."""
    if run.state is not RunState.FINISHED:
        return ""
    limit = run.stop_reason.partition(":")[0]
    known = run.config.get("budget", {}).get(limit)
    twice = f"{2 * known:.9f}".rstrip("0").rstrip(".") if known else ""
    if limit == "cost_usd" and twice:
        return f" --budget '${twice}'"
    if limit == "seconds" and twice:
        return f" --budget {twice}s"
    return f" --trials {max(2 * trials, 10)}"


def _command(line: str, purpose: str) -> Text:
    return Text.assemble("  ", (line, "bold"), (f"   # {purpose}", "dim"))


def flag(where: str) -> str:
    """Return the option that names where runs are, where a command would not find them by itself."""
    return "" if where == os.environ.get("ADRS_RUNS", "runs") else f" --runs {shlex.quote(where)}"
