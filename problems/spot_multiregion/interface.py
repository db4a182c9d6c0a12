"""What a policy may use: what it is given, what it observes, and helpers to read both.

A policy is a class `Policy(given, rng)` with `step(obs) -> Action`. It is asked once per tick. Durations
are hours, always whole ticks; prices are US dollars per hour. Zones are numbered from 0; the job starts in
zone 0.

Every tick tells, for free, which zones have spot machines now and at what price, and nothing of later ticks.
"""

from __future__ import annotations

from typing import NamedTuple

NONE = 0
"""No machine."""
SPOT = 1
"""A spot machine."""
ON_DEMAND = 2
"""An on-demand machine."""
NO_ZONE = -1
"""What a helper that looks for a zone returns where there is none."""

Action = tuple[int, int]
"""`(kind, zone)`: the same as what runs keeps the machine, another one launches it; with NONE the zone says
nothing. SPOT in a zone without spot machines is not allowed and fails the workload."""


class Given(NamedTuple):
    """What is told once, at the start."""

    tick_h: float
    work_h: float
    """Work of the whole job."""
    deadline_h: float
    on_demand_usd_per_h: float
    """The same in every zone."""
    restart_h: float
    """Paid time of every launch before the job goes on."""
    region: tuple[int, ...]
    """The region of every zone."""
    move_h: tuple[tuple[float, ...], ...]
    """Paid time that a launch takes longer: `move_h[where the checkpoint is][where it is launched]`."""
    transfer_usd: tuple[tuple[float, ...], ...]
    """Price of fetching the checkpoint, per launch, indexed like `move_h`."""


class Observation(NamedTuple):
    """What is told at every tick."""

    elapsed_h: float
    time_left_h: float
    """Until the deadline."""
    remaining_h: float
    """Work still to be done."""
    kind: int
    """What runs: NONE, SPOT or ON_DEMAND."""
    zone: int
    """Where the machine runs, or where the checkpoint is while none runs."""
    home: int
    """Where the checkpoint is: the last zone in which a launch was completed."""
    launching_h: float
    """What is left of the launch of the machine that runs; 0 while it works."""
    preempted: bool
    """Whether a spot machine was lost at the start of this tick."""
    available: tuple[bool, ...]
    """Which zones have spot machines in this tick."""
    spot_usd_per_h: tuple[float, ...]
    """The spot price of every zone in this tick, whether it has machines or not."""


# Actions


def spot(obs: Observation, zone: int) -> Action:
    """Run on spot in a zone; wait where it has no spot machine or is NO_ZONE."""
    return (SPOT, zone) if is_available(obs, zone) else wait(obs)


def on_demand(obs: Observation) -> Action:
    """Run on demand: keep the on-demand machine that runs, or launch one where the checkpoint is."""
    return (ON_DEMAND, obs.zone if obs.kind == ON_DEMAND else obs.home)


def wait(obs: Observation) -> Action:
    """Run nothing, and let go of what runs."""
    return (NONE, obs.home)


def keep(obs: Observation) -> Action:
    """Go on with what runs."""
    return (obs.kind, obs.zone)


# Time and progress


def done_h(given: Given, obs: Observation) -> float:
    """Return the work done so far."""
    return round(given.work_h - obs.remaining_h, 9)


def slack_h(given: Given, obs: Observation) -> float:
    """Return how long nothing may run before only an on-demand launch right then meets the deadline."""
    # Rounded, so that no slack is 0 and not what floating point leaves of it.
    return round(obs.time_left_h - obs.remaining_h - given.restart_h, 9)


def slack_share(given: Given, obs: Observation) -> float:
    """Return the slack that is left as a share of the slack at the start."""
    return slack_h(given, obs) / max(given.tick_h, given.deadline_h - given.work_h - given.restart_h)


def expected_done_h(given: Given, obs: Observation) -> float:
    """Return the work that would be done now at uniform progress from start to deadline."""
    return obs.elapsed_h * given.work_h / given.deadline_h


def ahead_h(given: Given, obs: Observation) -> float:
    """Return how far the job is ahead of uniform progress; negative where it is behind."""
    return done_h(given, obs) - expected_done_h(given, obs)


def required_rate(given: Given, obs: Observation) -> float:
    """Return the share of the time left that has to be work: near 1 is urgent."""
    return obs.remaining_h / max(given.tick_h, obs.time_left_h)


# Zones


def is_running(obs: Observation) -> bool:
    """Whether any machine runs."""
    return obs.kind != NONE


def is_on_spot(obs: Observation) -> bool:
    """Whether a spot machine runs."""
    return obs.kind == SPOT


def is_on_demand(obs: Observation) -> bool:
    """Whether an on-demand machine runs."""
    return obs.kind == ON_DEMAND


def is_available(obs: Observation, zone: int) -> bool:
    """Whether a zone exists and has spot machines now."""
    return 0 <= zone < len(obs.available) and obs.available[zone]


def any_available(obs: Observation) -> bool:
    """Whether any zone has spot machines now."""
    return True in obs.available


def available_share(obs: Observation) -> float:
    """Return the share of zones that have spot machines now."""
    return sum(obs.available) / len(obs.available)


def first_available(obs: Observation) -> int:
    """Return the lowest zone that has spot machines now, or NO_ZONE."""
    return obs.available.index(True) if True in obs.available else NO_ZONE


def cheapest_available(obs: Observation) -> int:
    """Return the zone with the lowest spot price among those that have machines now, or NO_ZONE."""
    best, least = NO_ZONE, float("inf")
    for zone, (up, usd) in enumerate(zip(obs.available, obs.spot_usd_per_h, strict=True)):
        if up and usd < least:
            best, least = zone, usd
    return best


def nearest_available(given: Given, obs: Observation) -> int:
    """Return the zone with spot machines now to which the checkpoint moves at least cost, or NO_ZONE."""
    return best_available(given, obs, given.tick_h)


def best_available(given: Given, obs: Observation, horizon_h: float) -> int:
    """Return the zone with spot machines in which that much work costs least with its launch, or NO_ZONE."""
    best, least = NO_ZONE, float("inf")
    for zone, up in enumerate(obs.available):
        if up:
            usd = spot_cost_usd(given, obs, zone, horizon_h)
            if usd < least:
                best, least = zone, usd
    return best


# Prices


def spot_price(obs: Observation, zone: int) -> float:
    """Return the spot price of a zone now; very high where it has no spot machine."""
    return obs.spot_usd_per_h[zone] if is_available(obs, zone) else 1e6


def price_ratio(given: Given, obs: Observation, zone: int) -> float:
    """Return the spot price of a zone as a share of the on-demand price."""
    return spot_price(obs, zone) / given.on_demand_usd_per_h


def launch_h(given: Given, obs: Observation, zone: int) -> float:
    """Return the paid time before a spot machine in a zone works: 0 where one works already."""
    if obs.kind == SPOT and zone == obs.zone:
        return obs.launching_h
    return given.restart_h + given.move_h[obs.home][zone]


def switch_usd(given: Given, obs: Observation, zone: int) -> float:
    """Return what it costs to get a spot machine in a zone to work: its launch and the transfer."""
    if obs.kind == SPOT and zone == obs.zone:
        return obs.launching_h * obs.spot_usd_per_h[zone]
    return launch_h(given, obs, zone) * obs.spot_usd_per_h[zone] + given.transfer_usd[obs.home][zone]


def spot_cost_usd(given: Given, obs: Observation, zone: int, horizon_h: float) -> float:
    """Return what some hours of work on spot in a zone cost, launch included, at the price of now."""
    return switch_usd(given, obs, zone) + horizon_h * obs.spot_usd_per_h[zone]


def on_demand_cost_usd(given: Given, obs: Observation, horizon_h: float) -> float:
    """Return what some hours of work on demand cost, launch included."""
    waiting_h = obs.launching_h if obs.kind == ON_DEMAND else given.restart_h
    return (waiting_h + horizon_h) * given.on_demand_usd_per_h


def spot_saves_usd(given: Given, obs: Observation, zone: int, horizon_h: float) -> float:
    """Return what some hours of work on spot in a zone save against on demand, launches included."""
    return on_demand_cost_usd(given, obs, horizon_h) - spot_cost_usd(given, obs, zone, horizon_h)


def break_even_h(given: Given, obs: Observation, zone: int) -> float:
    """Return how long a spot machine in a zone must live for its launch to pay against on demand."""
    gain = given.on_demand_usd_per_h - obs.spot_usd_per_h[zone]
    return switch_usd(given, obs, zone) / max(0.01, gain)
