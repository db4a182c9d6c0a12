"""A run as `adrs show` prints it."""

from __future__ import annotations

import heapq
from collections.abc import Container
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.console import out, print_json, put
from adrs.cli.preview import model_names
from adrs.cli.report import effort, following, heading, table, verdicts
from adrs.cli.results import Results, gather
from adrs.cli.runs import describe, when
from adrs.cli.show_spend import spend, spend_parts
from adrs.cli.show_steering import interventions, steering_lines
from adrs.cli.sight import in_words, known_sight
from adrs.cli.wording import amount, safe

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial

_BEST = 10
"""Trials that the table of the best holds."""


def show_run(archive: Archive, run: RunRecord, where: str, *, as_json: bool) -> None:
    """Print a run: what was asked for, how it stands, what was found, its best trials."""
    from adrs.errors import ProblemError
    from adrs.run.steering import banned_in

    try:
        results = gather(archive, run)
    except ProblemError as error:
        _show_bare(archive, run, str(error), as_json=as_json)
        return
    best = best_trials(archive, results)
    seen = known_sight(archive, results.problem)
    spent = spend(archive, run, results.objective)
    steered, banned = interventions(archive, run.id), banned_in(archive, run.id)
    if as_json:
        trials = {"best_trials": [trial_as_plain(trial) for trial in best]}
        done = {"sight": seen, "spend": spent.as_plain(), "interventions": steered}
        print_json(results.as_plain() | trials | done)
        return
    console = out()
    put(console, heading(results), configuration(run), Text(), table(results), Text(), *verdicts(results))
    put(console, Text(), Text(f"Sight: {in_words(seen)}"))
    put(
        console,
        *effort(results),
        *spend_parts(spent),
        *steering_lines(steered),
        Text(),
        best_table(best, results, banned),
        Text(),
    )
    put(console, *following(results, where))


def _show_bare(archive: Archive, run: RunRecord, why: str, *, as_json: bool) -> None:
    """Print what is known of a run whose problem is gone: no unit, no direction, no claims."""
    plain = describe(archive, run)
    if as_json:
        print_json(plain | {"problem_missing": why})
        return
    console = out()
    title = Text(f"{plain['problem']} · run {run.id} · {run.state.value}", "bold")
    put(console, title, configuration(run), Text(f"Its scores cannot be shown: {safe(why)}", "yellow"))


def configuration(run: RunRecord) -> RenderableType:
    """Return what was asked for."""
    config = run.config
    proposer = config.get("proposer", {})
    model = ", ".join(model_names(proposer.get("options", {})))
    budget = {k: v for k, v in config.get("budget", {}).items() if v is not None}
    parts = [
        f"strategy {config.get('strategy', {}).get('name')}",
        f"proposer {proposer.get('name')}" + (f" ({model})" if model else ""),
        f"sandbox {config.get('sandbox')}",
        f"workers {config.get('workers')}",
        f"seed {run.seed}",
        "budget " + (", ".join(f"{key} {value:g}" for key, value in budget.items()) or "none"),
        f"begun {when(run.created_us)}",
        f"adrs {run.adrs_version}",
    ]
    return Text(safe(" · ".join(parts)), "dim")


def best_trials(archive: Archive, results: Results) -> list[Trial]:
    """Return the first trial of each program that scores best on the last train set."""
    from adrs.model.trial import TrialState
    from adrs.run.growth import last_epoch

    objective = results.objective
    first: dict[str, Trial] = {}
    epoch = last_epoch(archive, results.run)
    for recorded in archive.trials(results.run.id, states=[TrialState.COMPLETED], light=True):
        trial = epoch.seen(recorded)
        if trial is None or trial.state is not TrialState.COMPLETED:
            continue
        if trial.candidate is not None and trial.evaluation is not None:
            first.setdefault(trial.candidate.program.digest, trial)
    return heapq.nlargest(
        _BEST, first.values(), key=lambda trial: objective.sign * _score(trial, objective.name)
    )


def best_table(best: list[Trial], results: Results, banned: Container[str] = ()) -> RenderableType:
    """Return the table of the best trials; those whose program is banned say so."""
    if not best:
        return Text("No trial has completed yet.", "dim")
    objective = results.objective
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), expand=True)
    shown.add_column("trial", justify="right")
    shown.add_column(f"{objective.name} on train", justify="right", no_wrap=True)
    shown.add_column("program", no_wrap=True)
    shown.add_column("what was changed", overflow="ellipsis", no_wrap=True, ratio=1)
    for trial in best:
        candidate = trial.candidate
        if candidate is None:
            continue
        mark = "champion: " if candidate.program.digest == results.run.champion else ""
        if candidate.program.digest in banned:
            mark = f"banned {mark}" if mark else "banned: "
        shown.add_row(
            str(trial.number),
            amount(_score(trial, objective.name), objective.unit),
            candidate.program.digest[:12],
            Text(mark, "green").append(safe(candidate.summary or candidate.edit, 200), "default"),
        )
    return shown


def _score(trial: Trial, objective: str) -> float:
    return float("nan") if trial.evaluation is None else trial.evaluation.objectives[objective]


def trial_as_plain(trial: Trial) -> dict[str, object]:
    """Return what a listing says of a trial, as plain JSON."""
    candidate, evaluation = trial.candidate, trial.evaluation
    return {
        "trial": trial.number,
        "state": trial.state,
        "reason": trial.reason,
        "program": None if candidate is None else candidate.program.digest,
        "parent": trial.selection.parent,
        "edit": "" if candidate is None else candidate.edit,
        "summary": "" if candidate is None else candidate.summary,
        "objectives": None if evaluation is None else evaluation.objectives,
        "measures": None if evaluation is None else evaluation.measures,
        "cost_usd": trial.cost_usd,
    }
