"""What models cost a run: by role, by model, and what the dollars bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from adrs.cli.wording import money, safe

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.model.call import CallCost
    from adrs.model.problem import Objective
    from adrs.model.run import RunRecord
    from adrs.run.growth import Epoch


@dataclass
class Part:
    """A part of the spend."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    known_usd: float = 0.0
    unpriced_calls: int = 0

    def add(self, call: CallCost) -> None:
        """Count a call."""
        self.calls += 1
        self.input_tokens += call.input_tokens
        self.output_tokens += call.output_tokens
        self.known_usd += call.cost_usd or 0.0
        self.unpriced_calls += call.cost_usd is None

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON; dollars are null where a call has no price: unknown, not nothing."""
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": None if self.unpriced_calls else self.known_usd,
            "known_usd": self.known_usd,
            "unpriced_calls": self.unpriced_calls,
        }

    def dollars(self) -> str:
        """Return the dollars in words."""
        if not self.unpriced_calls:
            return money(self.known_usd)
        return f"{money(self.known_usd)} + unknown" if self.known_usd else "unknown"


@dataclass
class ModelPart(Part):
    """What one model cost, and what became of its answers."""

    attempts: int = 0
    applied: int = 0
    """Attempts whose first answer was an edit that applies and parses."""
    repaired: int = 0
    """Attempts where the repair was."""

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        rate = self.applied / self.attempts if self.attempts else None
        return {
            **super().as_plain(),
            "attempts": self.attempts,
            "applied": self.applied,
            "repaired": self.repaired,
            "apply_rate": rate,
        }


@dataclass
class Spend:
    """What models cost a run."""

    by_role: dict[str, Part] = field(default_factory=lambda: defaultdict(Part))
    by_model: dict[str, ModelPart] = field(default_factory=lambda: defaultdict(ModelPart))
    curve: list[dict[str, float]] = field(default_factory=list)
    """The best on train after so many known dollars, at every trial that was better and at the last."""
    arms: dict[str, Any] = field(default_factory=dict)
    """What the run learned of models and kinds of edits."""

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {
            "by_role": {role: part.as_plain() for role, part in sorted(self.by_role.items())},
            "by_model": {model: part.as_plain() for model, part in sorted(self.by_model.items())},
            "curve": self.curve,
            "arms": self.arms,
        }


def spend(archive: Archive, run: RunRecord, objective: Objective) -> Spend:
    """Read what models cost a run."""
    from adrs.run.growth import epochs
    from adrs.run.steering import merged, recorded

    found = Spend()
    calls = archive.call_costs(run.id)
    if not calls:
        return found
    first: dict[tuple[int, int], str] = {}
    repaired = set()
    for call in calls:
        found.by_role[call.role].add(call)
        found.by_model[call.model].add(call)
        place = call.number, call.attempt
        first.setdefault(place, call.model)
        if call.role == "repair":
            repaired.add(place)
    usable = {(p.number, p.attempt) for p in archive.proposals(run.id) if p.program is not None}
    for place, model in first.items():
        part = found.by_model[model]
        part.attempts += 1
        part.applied += place in usable and place not in repaired
        part.repaired += place in usable and place in repaired
    past = epochs(archive, run)
    found.curve = list(_curve(past, objective))
    found.arms = _arms(
        past,
        objective,
        priced=not any(part.unpriced_calls for part in found.by_model.values()),
        weights=merged(recorded(archive, run.id)),
    )
    return found


def _arms(
    past: Sequence[Epoch], objective: Objective, *, priced: bool, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Learn again, from the recorded trials, what the run has learned of its arms."""
    from adrs.proposer.llm.ensemble import Ensemble

    own = [list(epoch.own(light=True)) for epoch in past]
    targets = [trial.selection.target for trials in own for trial in trials]
    names = {key: sorted({str(t[key]) for t in targets if key in t} - {"fix"}) for key in ("arm", "kind")}
    ensemble = Ensemble(names["arm"], names["kind"])
    ensemble.reweight(weights)
    for epoch, trials in zip(past, own, strict=True):
        if epoch.growth is not None:
            ensemble.begin_epoch(objective, tuple(epoch.carried.values()))
        for trial in trials:
            ensemble.tell(objective, trial, priced=priced)
    return {**ensemble.as_plain(), "cost_unit": "USD" if priced else "trials"}


def _curve(past: Sequence[Epoch], objective: Objective) -> Iterator[dict[str, float]]:
    """Yield the best on train after so many dollars; where train grew, it begins anew with what was kept."""
    dollars, best, trial_number, shown = 0.0, None, 0, -1
    everything = ((trial, epoch.holds(trial.number)) for epoch in past for trial in epoch.trials(light=True))
    for trial, own in everything:
        if own:
            dollars += trial.cost_usd
            trial_number = trial.number
        elif trial.number == 0:
            best = None
        evaluation = trial.evaluation
        if trial.state.value != "completed" or evaluation is None:
            continue
        value = evaluation.objectives[objective.name]
        if best is None or objective.sign * (value - best) > 0:
            best, shown = value, trial.number
            yield {"trial": trial.number, "cost_usd": dollars, "best": value}
    if best is not None and shown != trial_number:
        yield {"trial": trial_number, "cost_usd": dollars, "best": best}


def spend_parts(found: Spend) -> Iterator[Table | Text]:
    """Yield what `adrs show` prints of it; nothing where no model was asked."""
    if not found.by_model:
        return
    rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in (
        "model",
        "calls",
        "tokens in",
        "tokens out",
        "spent",
        "edits that applied",
        "after a repair",
    ):
        rows.add_column(heading, justify="left" if heading == "model" else "right", no_wrap=True)
    for model, part in sorted(found.by_model.items()):
        rows.add_row(
            safe(model, 60),
            f"{part.calls:,}",
            f"{part.input_tokens:,}",
            f"{part.output_tokens:,}",
            part.dollars(),
            f"{part.applied} of {part.attempts} ({part.applied / part.attempts:.0%})"
            if part.attempts
            else "-",
            str(part.repaired),
        )
    yield rows
    yield from _arm_rows(found.arms)
    roles = ", ".join(f"{safe(role, 40)} {part.dollars()}" for role, part in sorted(found.by_role.items()))
    yield Text(f"Spent by role: {roles}", "dim")


def _arm_rows(arms: dict[str, Any]) -> Iterator[Table]:
    """Yield what was learned of models and kinds, where there is a choice."""
    unit = arms.get("cost_unit", "USD")
    for what in ("models", "kinds"):
        known = arms.get(what, {})
        if len(known) < 2:
            continue
        rows = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for heading in (what[:-1], "trials", "better than parent", "cost", "gain per cost", "share now"):
            rows.add_column(heading, justify="left" if heading == what[:-1] else "right", no_wrap=True)
        for name, arm in known.items():
            per_cost = arm["reward_per_cost"]
            cost = money(arm["cost"]) if unit == "USD" else f"{arm['cost']:,.0f} {unit}"
            rows.add_row(
                safe(name, 60),
                str(arm["trials"]),
                str(arm["improved_on_parent"]),
                cost,
                "-" if per_cost is None else f"{per_cost:,.3g}",
                f"{arm['share_now']:.0%}",
            )
        yield rows
