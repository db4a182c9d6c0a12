"""What a prompt must not hold: numbers that are to be reached, and the evaluator's source."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)", re.IGNORECASE)
_DIGITS = 3
_LINE_CHARS = 30
"""A shorter line of source says nothing that an interface would not."""


def leaks(prompt: str, targets: Mapping[str, float], source: str) -> list[str]:
    """Say what a prompt gives away.

    Args:
        prompt: its text.
        targets: numbers that must not be in it, by what they are; compared to 3 significant digits.
        source: the evaluator's.
    """
    found = []
    wanted = {_rounded(value): what for what, value in targets.items() if value and math.isfinite(value)}
    for text in _NUMBER.findall(prompt):
        plain = text.replace(",", "")
        if _significant(plain) >= _DIGITS and (what := wanted.get(_rounded(float(plain)))):
            found.append(f"it holds {text}, which is {what}")
    lines = {line.strip() for line in prompt.splitlines()}
    for number, line in enumerate(source.splitlines(), 1):
        if len(line.strip()) >= _LINE_CHARS and line.strip() in lines:
            found.append(f"it holds line {number} of evaluate.py: {line.strip()[:60]}")
    return found


def _rounded(value: float) -> str:
    return f"{value:.{_DIGITS - 1}e}"


def _significant(text: str) -> int:
    """Return how many digits a number was written with, without leading zeros."""
    return len(re.sub(r"e.*|[-.]", "", text, flags=re.IGNORECASE).lstrip("0"))
