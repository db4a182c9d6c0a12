"""What a verification found, as a person reads it and as plain JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from adrs.cli.claims import cell
from adrs.cli.measured import measured
from adrs.cli.wording import amount, count, safe
from adrs.verify.claims import LABEL, sentence
from adrs.verify.sealed import INITIAL

if TYPE_CHECKING:
    from adrs.model.certificate import Certificate
    from adrs.model.problem import Problem
    from adrs.verify.claims import Claim
    from adrs.verify.sealed import Draw, Verification

_STYLES = {"better": "green", "worse": "red", "tie": "yellow"}
_SHOWN = 5


def report(found: Verification, problem: Problem) -> list[RenderableType]:
    """Return the whole report."""
    parts: list[RenderableType] = [_heading(found, problem), Text(), _table(found, problem), Text()]
    if found.quarantined:
        return [*parts, *_quarantine(found)]
    return [*parts, *sentences(found, problem), Text(), *_notes(found)]


def sentences(found: Verification, problem: Problem) -> list[RenderableType]:
    """Return every claim in one sentence."""
    parts: list[RenderableType] = []
    claims = found.claims(problem)
    for split in dict.fromkeys(claim.split for claim in claims):
        of_split = [claim for claim in claims if claim.split == split]
        if split == "shift":
            parts += [Text("\nOn unseen parameter regions (shift), reported beside test", "bold")]
        parts += [_sentence(claim, found, problem) for claim in of_split]
    return parts


def _heading(found: Verification, problem: Problem) -> Text:
    draws = ", ".join(
        f"{count(len(draw.evaluations[INITIAL].results), 'workload')} of {draw.split.value} "
        f"(opening {draw.opening})"
        for draw in found.draws
    )
    how = f"{draws}, each in a child process of its own, sandbox {found.sandbox}"
    return Text.assemble((problem.id, "bold"), (f" · {how}", "dim"))


def _table(found: Verification, problem: Problem) -> Table:
    objective = problem.primary
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    shown.add_column("program", overflow="fold")
    for draw in found.draws:
        shown.add_column(f"{draw.split.value}: {objective.name} in {safe(objective.unit, 40)}")
    for name in found.contenders:
        cells = [cell(measured(draw.evaluations[name], objective)) for draw in found.draws]
        shown.add_row(Text(safe(name, 80), "bold" if name == found.name else ""), *cells)
    return shown


def _sentence(claim: Claim, found: Verification, problem: Problem) -> Text:
    return Text(safe(sentence(claim, found.name, problem.primary), 500), _STYLES[claim.verdict.value])


def _notes(found: Verification) -> list[RenderableType]:
    level = f"{100 * found.level:.4g} %"
    notes = [
        f"Opening {found.openings} of this lineage: claims are made at {level}, so that 95 % holds over all "
        "of its openings. The latest result stands.",
        f"Label: {LABEL}. The seal is this machine's own. Intervals in the table are of single programs, "
        "at 95 %.",
    ]
    return [Text(safe(note, 1000), "dim") for note in notes]


def _quarantine(found: Verification) -> list[RenderableType]:
    beyond = [each for draw in found.draws for each in draw.impossible]
    lines: list[RenderableType] = [
        Text(
            f"Quarantined: {count(len(beyond), 'value')} beyond a proven bound. That is impossible, so the "
            "evaluator has a bug; nothing is claimed.",
            "bold red",
        )
    ]
    for each in beyond[:_SHOWN]:
        where = f"{each.split} workload {each.index}"
        value = f"{each.objective} {amount(each.value)}, bound {amount(each.bound)}"
        lines.append(Text(f"  {safe(each.program, 80)} on {where}: {value}"))
    return lines


def certificate_of(found: Verification) -> Certificate | None:
    """Return what the sandbox guaranteed where the program was verified."""
    return found.draws[0].evaluations[found.name].certificate


def as_plain(found: Verification, problem: Problem) -> dict[str, Any]:
    """Return everything as plain JSON."""
    return {
        "problem": found.problem_id,
        "problem_digest": problem.digest,
        "run": found.run_id,
        "program": found.program,
        "label": LABEL,
        "quarantined": found.quarantined,
        "openings": found.openings,
        "level": found.level,
        "objective": problem.primary.model_dump(),
        "claims": [
            {
                **_plain_claim(claim),
                "sentence": sentence(claim, found.name, problem.primary),
            }
            for claim in found.claims(problem)
        ],
        "draws": [_plain_draw(draw, problem) for draw in found.draws],
        "programs": dict(found.contenders),
        "sandbox": found.sandbox,
        "guarantees": list(found.guarantees),
        "libraries": dict(found.libraries),
    }


def _plain_claim(claim: Claim) -> dict[str, Any]:
    from dataclasses import asdict

    plain = asdict(claim)
    for key in ("gain", "percent"):
        limits = plain[key]
        if limits is not None:
            plain[key] = {name: v if math.isfinite(v) else None for name, v in limits.items()}
    return plain


def _plain_draw(draw: Draw, problem: Problem) -> dict[str, Any]:
    objective = problem.primary
    return {
        "split": draw.split.value,
        "opening": draw.opening,
        "impossible": list(draw.impossible),
        "results": {name: measured(each, objective) for name, each in draw.evaluations.items()},
        "objectives": {name: dict(each.objectives) for name, each in draw.evaluations.items()},
        "workloads": {
            name: [list(each.values(o.name)) for o in problem.spec.objective]
            for name, each in draw.evaluations.items()
        },
    }
