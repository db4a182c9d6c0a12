"""`adrs problems`: what can be evolved, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from adrs.cli.options import json_option, runs_option

if TYPE_CHECKING:
    from adrs.cli.known import Known
    from adrs.model.problem import Problem


@click.command()
@click.argument("names", metavar="[PROBLEM]...", nargs=-1)
@runs_option
@json_option
def problems(names: tuple[str, ...], where: str, as_json: bool) -> None:
    """List the problems that are here, or tell all about each PROBLEM.

    Soundness, headroom, evaluation time and noise floor are from the latest `adrs check`, the best verified
    program from `adrs verify`, both as the archive keeps them. What was not checked says so.
    """
    from adrs.cli.console import out, print_json, put
    from adrs.cli.known import known_of
    from adrs.cli.problem_list import details, listing
    from adrs.plugins.problems import find_problem, list_problems

    found = [find_problem(name) for name in names] or list_problems()
    known = known_of(where, sorted(found, key=lambda problem: problem.id))
    if as_json:
        print_json([as_plain(one.problem) | facts_as_plain(one) for one in known])
        return
    console = out()
    put(console, *(details(known) if names else listing(known, console.width)))


def as_plain(problem: Problem) -> dict[str, Any]:
    """Return what a problem is about, as plain JSON."""
    spec = problem.spec
    return {
        "id": problem.id,
        "version": spec.problem.version,
        "family": spec.problem.family,
        "title": spec.problem.title,
        "summary": spec.problem.summary,
        "objectives": [objective.model_dump() for objective in spec.objective],
        "splits": spec.splits.model_dump(),
        "baselines": [baseline.model_dump() for baseline in spec.baseline],
        "digest": problem.digest,
        "folder": str(problem.folder),
    }


def facts_as_plain(known: Known) -> dict[str, Any]:
    """Return what an archive knows of a problem, as plain JSON; null is what was not checked."""
    check, headroom, verified = known.check, known.headroom, known.verified
    facts = None if check is None else check.facts
    best = None if headroom is None else headroom.best_baseline(known.problem.primary)
    return {
        "soundness": known.soundness,
        "unsound": check.failed[0] if check is not None and check.failed else None,
        "check": None
        if check is None
        else {
            "quick": check.quick,
            "failed": list(check.failed),
            "sandbox": check.sandbox,
            "adrs_version": check.adrs_version,
            "at_us": check.at_us,
        },
        "headroom": None
        if headroom is None
        else {
            "percent": headroom.percent(known.problem.primary),
            "best_baseline": None if best is None else best[0],
            "best_baseline_value": None if best is None else best[1],
            "bound": headroom.bound,
            "reference": headroom.reference,
            "initial": headroom.initial,
            "workloads": headroom.workloads,
        },
        "evaluation_s": None if facts is None else {"first_stage": facts.stage_s, "train": facts.train_s},
        "noise_floor": None if facts is None else {"percent": facts.noise_percent, "moves": facts.noise},
        "sight": known.sight,
        "best_verified": verified,
    }
