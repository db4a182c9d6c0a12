"""What a policy of the test problem sees."""

from __future__ import annotations

from typing import NamedTuple


class Given(NamedTuple):
    """What is told at the start."""

    zones: int
    ticks: int


class Observation(NamedTuple):
    """What is told at each tick."""

    tick: int
    elapsed_s: float
    left_s: float
    work_s: float
    running: bool
    zone: int
    price_usd: float
    spent_usd: float
    zones: tuple[tuple[float, bool, int], ...]
