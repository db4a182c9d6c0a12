"""What a policy is told and what it may answer."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

SPOT_HOUR_S = 3600.0


class Machine(IntEnum):
    NONE = 0
    SPOT = 1
    ON_DEMAND = 2


class Given(NamedTuple):
    work_s: float
    deadline_s: float
    overhead_s: float
    tick_s: float
    on_demand_usd_per_h: float
    zones: int


class Observation(NamedTuple):
    elapsed_s: float
    done_s: float
    machine: int
    zone: int
    available: tuple[bool, ...]
    price_usd_per_h: tuple[float, ...]


class Action(NamedTuple):
    machine: Machine
    zone: int


def slack_s(given: Given, obs: Observation) -> float:
    """Seconds that may still be lost."""
    return given.deadline_s - obs.elapsed_s - (given.work_s - obs.done_s)


def progress(given: Given, obs: Observation) -> float:
    """Share of the work that is done."""
    return obs.done_s / given.work_s
