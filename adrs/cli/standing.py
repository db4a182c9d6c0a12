"""Where a value stands against another: passed, equal or still to go, in raw units and in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from adrs.cli.wording import amount, percent

if TYPE_CHECKING:
    from adrs.model.problem import Objective


def against(value: float, reference: float, objective: Objective) -> Text:
    """Say by how much a value is better or worse than a reference."""
    gain = objective.sign * (value - reference)
    if gain == 0:
        return Text("equal to it")
    word, style = ("better", "green") if gain > 0 else ("worse", "yellow")
    return Text(f"{_distance(value, reference, objective)} {word}", style)


def to_goal(value: float, goal: float, objective: Objective) -> Text:
    """Say by how much a value has passed a goal, or how far the way to it still is."""
    gain = objective.sign * (value - goal)
    if gain == 0:
        return Text("reached", "green")
    distance = _distance(value, goal, objective)
    return Text(f"passed by {distance}", "green") if gain > 0 else Text(f"{distance} to go", "yellow")


def to_bound(value: float, bound: float, objective: Objective) -> Text:
    """Say how far a value is from what no program can pass."""
    gain = objective.sign * (value - bound)
    if gain > 0:
        distance = _distance(value, bound, objective)
        return Text(f"beyond it by {distance}: impossible, a bug in the evaluator", "bold red")
    return Text(f"{_distance(value, bound, objective)} away") if gain else Text("reached", "green")


def _distance(value: float, reference: float, objective: Objective) -> str:
    raw = amount(abs(value - reference), objective.unit)
    return f"{raw} ({percent(abs(value - reference) / abs(reference))})" if reference else raw
