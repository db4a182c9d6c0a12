"""What people did to a run, as `adrs show` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.text import Text

from adrs.cli.runs import when
from adrs.cli.wording import safe

if TYPE_CHECKING:
    from adrs.archive.store import Archive
    from adrs.run.steering import Intervention


def interventions(archive: Archive, run_id: str) -> list[dict[str, Any]]:
    """Return what people did to a run, as plain JSON."""
    from adrs.run.steering import recorded
    from adrs.run.succession import dethroned

    heirs = {one.program: one.heir for one in dethroned(archive, run_id)}
    return [
        {
            "kind": one.kind,
            "what": what(one) + _succession(archive, run_id, heirs.get(one.program)),
            "at": when(one.at_us),
            "before_trial": one.taken,
            "new_champion": heirs.get(one.program),
        }
        for one in recorded(archive, run_id)
    ]


def _succession(archive: Archive, run_id: str, heir: str | None) -> str:
    """Say what took the place of a champion that was banned."""
    trial = None if heir is None else archive.trial_of(run_id, heir)
    if trial is None:
        return ""
    name = f"trial {trial.number}" if trial.number else "the initial program"
    return f", which was champion; {name}, champion before it, took its place unmeasured"


def what(one: Intervention) -> str:
    """Say an intervention in words."""
    if one.kind == "idea":
        return f"idea: {one.idea}"
    if one.kind == "program":
        return f"program {one.note}"
    if one.kind == "ban":
        return f"ban of program {one.program[:12]}"
    if one.kind == "weights":
        return "weights: " + ", ".join(f"{name} {weight:g}" for name, weight in one.weights.items())
    if one.kind == "budget":
        limits = ", ".join(f"{key} {value:g}" for key, value in one.limits.items() if value is not None)
        return f"budget: {limits or 'no limit'}"
    return one.kind


def steering_lines(found: list[dict[str, Any]]) -> Iterator[Text]:
    """Yield a line for each intervention; nothing where there was none."""
    if found:
        yield Text("What people did to this run", "bold")
    for one in found:
        taken = one["before_trial"]
        effect = "not taken up yet" if taken is None else f"from trial {taken} on"
        yield Text(f"  {one['at']}  {safe(one['what'], 200)} ({effect})")
