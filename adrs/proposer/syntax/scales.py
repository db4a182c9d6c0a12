"""Numbers that mean something: near those of the program, or typical of a unit."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from adrs.proposer.syntax.index import Index
from adrs.proposer.syntax.kinds import Kind

SCALES: Mapping[str, tuple[float, ...]] = {
    "": (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0),
    "s": (60, 300, 600, 900, 1800, 3600, 7200, 14400, 36000),
    "ms": (1, 5, 10, 50, 100, 500, 1000),
    "us": (1, 10, 100, 1000),
    "min": (1, 5, 10, 30, 60, 120),
    "h": (0.1, 0.25, 0.5, 1, 2, 4, 8, 24),
    "hours": (0.1, 0.25, 0.5, 1, 2, 4, 8, 24),
    "days": (0.5, 1, 2, 7),
    "usd": (0.01, 0.1, 0.5, 1, 5, 10, 50),
    "usd_per_h": (0.1, 0.3, 0.5, 1, 2, 3, 5),
    "usd_per_gb": (0.01, 0.02, 0.05, 0.1),
    "gb": (1, 5, 10, 50, 100),
    "index": (0, 1),
    "ticks": (1, 2, 3, 5, 10, 20),
    "tick": (1, 2, 3, 5, 10, 20),
    "steps": (1, 2, 3, 5, 10, 20),
}
INTEGERS = (0, 1, 2, 3, 4, 5, 8, 10, 16, 20)
LARGEST = 1e100
"""Numbers beyond are left alone."""
_ANY_SCALE = tuple(10.0**power for power in range(-2, 5))


def number_text(value: float, *, whole: bool) -> str:
    """Return a number as one writes it: at most three digits that count, unless it is whole."""
    if whole:
        return str(round(value))
    if not math.isfinite(value):
        return "1.0"
    rounded = float(f"{value:.3g}")
    return repr(rounded)


def fresh(rng: random.Random, index: Index, kind: Kind) -> str:
    """Return a number of a kind: half of the time near one that the program or the interface uses."""
    whole = kind.name == "int"
    pool = _pool(index, kind)
    if pool and rng.random() < 0.5:
        return number_text(rng.choice(pool) * rng.lognormvariate(0, 0.5), whole=whole)
    if whole and kind.unit in ("", "choice"):
        return str(rng.choice(INTEGERS))
    scale = rng.choice(SCALES.get(kind.unit, _ANY_SCALE))
    spread = rng.lognormvariate(0, 0.3) if kind.unit != "index" and rng.random() < 0.5 else 1.0
    return number_text(scale * spread, whole=whole)


def _pool(index: Index, kind: Kind) -> Sequence[float]:
    values = [getattr(found.node, "value", None) for found in index.numbers if found.kind.unit == kind.unit]
    values += [value for value, unit in index.vocabulary.numbers if unit == kind.unit]
    return [float(value) for value in values if isinstance(value, int | float) and 0 < abs(value) < LARGEST]


def near(rng: random.Random, value: float, *, whole: bool) -> float:
    """Return another number near one: a factor, a step, a round one, now and then its opposite or nought."""
    draw = rng.random()
    if whole and (abs(value) <= 4 or draw < 0.3):
        step = rng.choice((-2, -1, -1, 1, 1, 2))
        return value + step if value + step >= 0 or value < 0 else value - step
    if value == 0:
        return rng.choice((0.01, 0.1, 0.5, 1.0, 10.0, 60.0, 3600.0))
    if draw < 0.55:
        return value * rng.lognormvariate(0, 0.25)
    if draw < 0.85:
        return value * rng.lognormvariate(0, 1.0)
    if draw < 0.95:
        return value * rng.choice((0.1, 0.25, 0.5, 2.0, 4.0, 10.0))
    return rng.choice((0.0, -value, 1.0))
