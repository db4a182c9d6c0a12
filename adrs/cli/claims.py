"""Measured numbers and paired comparisons as a person reads them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from adrs.cli.wording import amount, number, safe, signed, tally

if TYPE_CHECKING:
    from adrs.cli.measured import Against, Measured
    from adrs.model.problem import Objective

_STYLES = {"better": "green", "worse": "red", "tie": "yellow"}


def cell(value: Measured | None) -> Text:
    """Return a number with its interval, and how many workloads failed."""
    if value is None:
        return Text("-", "dim")
    text = Text(number(value.value), "bold")
    text.append(f" [{number(value.low, 4)}, {number(value.high, 4)}]", "not bold")
    if value.failures:
        text.append(f"\nfailed: {tally(value.failures)}", "not bold red")
    return text


def claim(who: str, found: Against, objective: Objective) -> Text:
    """Say what a paired comparison shows; a tie is called a tie."""
    text = Text.assemble((who, "bold"), " against ", (safe(found.reference, 60), "bold"), ": ")
    if math.isinf(found.low) or math.isinf(found.high):
        apart = signed(found.better, objective.unit)
        return text.append("a tie", _STYLES["tie"]).append(
            f" ({apart} better; one workload gives no interval)"
        )
    if found.verdict == "tie":
        limits = f"95 % interval {signed(found.low)} to {signed(found.high, objective.unit)} holds 0"
        text.append("a tie", _STYLES["tie"])
        return text.append(f" ({signed(found.better, objective.unit)} better, {limits})")
    low, high = sorted((abs(found.low), abs(found.high)))
    size = amount(abs(found.better), objective.unit)
    if found.percent is not None:
        size += f" ({abs(found.percent[0]):.1f} %)"
    text.append(f"{size} {found.verdict}", _STYLES[found.verdict])
    return text.append(f", 95 % interval {number(low)} to {amount(high, objective.unit)}")
