"""The prompts of a trial, exactly as they were sent, and why these parents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from adrs.cli.console import out, print_json, put
from adrs.cli.wording import money, number, safe

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.call import ModelCall
    from adrs.model.problem import Objective
    from adrs.model.run import RunRecord
    from adrs.model.trial import Trial


def show_prompt(archive: Archive, run: RunRecord | None, trial: Trial | None, *, as_json: bool) -> None:
    """Print every prompt of a trial with its answer, and what the trial was built on.

    Raises:
        ArchiveError: the program came from no trial.
    """
    from adrs.errors import ArchiveError

    if run is None or trial is None:
        raise ArchiveError("This program came from no trial, so there is no prompt; name one with --trial N.")
    proposals = {p.attempt: p for p in archive.proposals(run.id, trial.number)}
    attempts = sorted({0, *proposals, trial.attempt})
    calls = {attempt: archive.calls(run.id, trial.number, attempt) for attempt in attempts}
    if as_json:
        print_json(
            {
                "run": run.id,
                "trial": trial.number,
                "why": list(_why(archive, run, trial)),
                "selection": trial.selection,
                "attempts": [
                    {
                        "attempt": attempt,
                        "rejected": proposals[attempt].reason if attempt in proposals else "",
                        "calls": [_plain(call) for call in calls[attempt]],
                    }
                    for attempt in attempts
                ],
            }
        )
        return
    console = out()
    put(console, Text(f"trial {trial.number} of run {run.id}, {trial.state.value}", "bold"))
    put(console, *(Text(line) for line in _why(archive, run, trial)))
    if not any(calls.values()):
        put(console, Text("\nNo model was asked for this trial.", "dim"))
    for attempt in attempts:
        for call in calls[attempt]:
            put(console, *_call(call, attempt))
        reason = proposals[attempt].reason if attempt in proposals else ""
        if reason:
            put(console, Text(f"\nattempt {attempt} was rejected: {safe(reason, 2000)}", "red"))


def _plain(call: ModelCall) -> dict[str, Any]:
    request = json.loads(call.request)
    return {
        "role": call.role,
        "model": call.model,
        "request": request,
        "answer": call.answer,
        "usage": call.usage,
        "cost_usd": call.cost_usd,
    }


def _call(call: ModelCall, attempt: int) -> Iterator[Text]:
    cost = "price unknown" if call.cost_usd is None else money(call.cost_usd)
    tokens = f"{call.input_tokens:,} tokens in, {call.output_tokens:,} out"
    yield Text(
        f"\n=== attempt {attempt}, {call.role}: {safe(call.model, 60)}, {tokens}, {cost} ===", "bold cyan"
    )
    request = json.loads(call.request)
    for message in request.pop("messages"):
        yield Text(f"\n--- {safe(str(message['role']), 20)} ---", "bold")
        yield Text(safe(str(message["content"]), 2_000_000, lines=True))
    options = {name: value for name, value in request.items() if name != "model"}
    if options:
        yield Text(f"options: {safe(json.dumps(options), 500)}", "dim")
    yield Text("\n--- answer ---", "bold")
    yield Text(safe(call.answer, 2_000_000, lines=True) or "(empty)")


def _why(archive: Archive, run: RunRecord, trial: Trial) -> Iterator[str]:
    """Yield sentences that say why this trial was built on what it was."""
    from adrs.errors import ProblemError
    from adrs.plugins.problems import find_problem

    try:
        objective = find_problem(str(run.config["problem"])).primary
    except ProblemError:
        objective = None
    selection, told = trial.selection, trial.asked_after
    target = {key: value for key, value in selection.target.items() if key not in _OURS}
    words = ", ".join(f"{safe(key, 40)} {safe(str(value), 60)}" for key, value in target.items())
    strategy = run.config.get("strategy", {}).get("name")
    yield f"Asked for when {told} trials had been told, by the strategy {safe(str(strategy), 60)}" + (
        f", for {words}." if words else "."
    )
    yield from _choice(selection.target)
    known = _told_before(archive, run, trial.number, told, objective)
    yield f"Parent: {_described(archive, run, selection.parent or run.initial, known, objective)}"
    for digest in selection.inspirations:
        yield f"Inspiration: {_described(archive, run, digest, known, objective)}"


_OURS = frozenset({"arm", "kind", "repairs", "turn", "idea", "injected"})
_KINDS = {
    "edit": "an edit of the parent",
    "crossover": "one program from the parent and the inspirations",
    "fresh": "a fresh start in the frame of the initial program",
}


def _choice(target: Any) -> Iterator[str]:
    if "repairs" in target:
        failed, turn = target["repairs"], target.get("turn", 1)
        yield f"It is to put right trial {failed}, which failed when it was run (turn {turn})."
    elif target.get("kind") in _KINDS:
        idea = f", from the idea of intervention {target['idea']}" if "idea" in target else ""
        yield f"Kind: {_KINDS[target['kind']]}{idea}."
    if "arm" in target:
        yield f"Model: {safe(str(target['arm']), 80)}, drawn by what its trials have gained per dollar."


def _told_before(
    archive: Archive, run: RunRecord, number: int, told: int, objective: Objective | None
) -> dict[str, tuple[float, int]]:
    """Return score and trial of every completed program that had been told, by digest, best first.

    Where train grew before the trial, scores are those on the larger set.
    """
    from adrs.run.growth import epochs

    if objective is None:
        return {}
    found: dict[str, tuple[float, int]] = {}
    epoch = next(each for each in epochs(archive, run) if each.holds(number))
    for trial in epoch.trials(light=True):
        if trial.told is None or trial.told > told:
            break
        if trial.state.value == "completed" and trial.evaluation is not None and trial.candidate is not None:
            score = trial.evaluation.objectives[objective.name]
            found.setdefault(trial.candidate.program.digest, (score, trial.number))
    return dict(sorted(found.items(), key=lambda item: -objective.sign * item[1][0]))


def _described(
    archive: Archive,
    run: RunRecord,
    digest: str,
    known: dict[str, tuple[float, int]],
    objective: Objective | None,
) -> str:
    if objective is None or digest not in known:
        return f"program {digest[:12]}"
    score, trial_number = known[digest]
    rank = list(known).index(digest) + 1
    place = f"the best of {len(known)}" if rank == 1 else f"number {rank} of {len(known)}"
    value = f"{objective.name} {number(score)} {safe(objective.unit, 40)}"
    return f"trial {trial_number}, {value} on train, {place} then; program {digest[:12]}"
