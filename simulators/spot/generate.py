"""Synthetic markets: gamma on/off renewal with shared shocks, and mean-reverting prices.

A zone is up while its own renewal process is up and no shock is on its region. Own up-times are stretched so
that the zone's availability, shocks included, is the measured one. All processes start in equilibrium.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from simulators.spot.market import Market
from simulators.spot.zones import REGION_SHOCKS, WIDE_SHOCK, ZoneStats

SHOCK_MEAN_H = 2.0
SHOCK_SHAPE = 0.5
PRICE_HOLD_H = 1.0
"""A spot price holds this long before it takes its next step."""
PRICE_MEMORY = 0.9
PRICE_SPREAD = 0.12
"""Standard deviation of the logarithm of a zone's price around its mean."""


def draw_market(
    rng: Random, zones: Sequence[ZoneStats], ticks: int, tick_s: int, on_demand_usd_per_h: float
) -> Market:
    """Draw availability and prices of some zones.

    Args:
        rng: the only source of randomness.
        zones: the zones in the order in which the market has them.
        ticks: how many ticks.
        tick_s: the length of a tick.
        on_demand_usd_per_h: the on-demand price, which no spot price exceeds.
    """
    names = sorted({zone.region for zone in zones})
    tick_h = tick_s / 3600
    shocks = _shocks(rng, names, ticks, tick_h)
    up, prices = [], []
    for zone in zones:
        own = _own_process(rng, zone, ticks, tick_h)
        shock = shocks[zone.region]
        up.append([a and not s for a, s in zip(own, shock, strict=True)])
        prices.append(_price_walk(rng, zone.spot_usd_per_h, ticks, tick_h, on_demand_usd_per_h))
    return Market(
        tick_s=tick_s,
        regions=tuple(names.index(zone.region) for zone in zones),
        available=tuple(zip(*up, strict=True)),
        spot_usd_per_h=tuple(zip(*prices, strict=True)),
        on_demand_usd_per_h=on_demand_usd_per_h,
    )


def shock_share(region: str) -> float:
    """Return the share of time in which a shock of either kind is on a region."""
    return 1 - (1 - WIDE_SHOCK / 2) * (1 - REGION_SHOCKS.get(region, 0.0))


def renewal(rng: Random, up: tuple[float, float], down: tuple[float, float], ticks: int) -> list[bool]:
    """Draw an on/off renewal process in equilibrium and look at it at the start of every tick.

    Args:
        rng: the source of randomness.
        up: shape and scale, in ticks, of the gamma law of up-times.
        down: the same of down-times.
        ticks: how many ticks.
    """
    mean_up, mean_down = up[0] * up[1], down[0] * down[1]
    state = rng.random() * (mean_up + mean_down) < mean_up
    shape, scale = up if state else down
    # In equilibrium the interval that holds time 0 is length-biased, and time 0 lies anywhere in it.
    end = rng.random() * rng.gammavariate(shape + 1, scale)
    seen: list[bool] = []
    while True:
        upto = min(ticks, math.ceil(end))
        seen += [state] * (upto - len(seen))
        if upto == ticks:
            return seen
        state = not state
        end += rng.gammavariate(*(up if state else down))


def _own_process(rng: Random, zone: ZoneStats, ticks: int, tick_h: float) -> list[bool]:
    share = zone.availability / (1 - shock_share(zone.region))
    if not 0 < share < 1:
        raise ValueError(f"zone {zone.name}: availability {zone.availability} does not fit with its shocks")
    mean_up_h = zone.mean_down_h * share / (1 - share)
    up = (zone.up_shape, mean_up_h / tick_h / zone.up_shape)
    down = (zone.down_shape, zone.mean_down_h / tick_h / zone.down_shape)
    return renewal(rng, up, down, ticks)


def _shocks(rng: Random, regions: Sequence[str], ticks: int, tick_h: float) -> dict[str, list[bool]]:
    wide = _shock(rng, WIDE_SHOCK, ticks, tick_h)
    shocks = {}
    for region in regions:
        hit = _thin(rng, wide)
        own = REGION_SHOCKS.get(region, 0.0)
        if own:
            regional = _shock(rng, own, ticks, tick_h)
            hit = [a or b for a, b in zip(hit, regional, strict=True)]
        shocks[region] = hit
    return shocks


def _shock(rng: Random, share: float, ticks: int, tick_h: float) -> list[bool]:
    on = (SHOCK_SHAPE, SHOCK_MEAN_H / tick_h / SHOCK_SHAPE)
    off = (SHOCK_SHAPE, on[1] * (1 - share) / share)
    return renewal(rng, on, off, ticks)


def _thin(rng: Random, shock: list[bool]) -> list[bool]:
    """Keep every run of a shock with probability 1/2."""
    hit, kept, before = [], False, False
    for on in shock:
        if on and not before:
            kept = rng.random() < 0.5
        hit.append(on and kept)
        before = on
    return hit


def _price_walk(rng: Random, mean: float, ticks: int, tick_h: float, ceiling: float) -> list[float]:
    hold = max(1, round(PRICE_HOLD_H / tick_h))
    step = PRICE_SPREAD * math.sqrt(1 - PRICE_MEMORY**2)
    log = rng.gauss(0, PRICE_SPREAD)
    first = rng.randrange(1, hold + 1)
    prices: list[float] = []
    while len(prices) < ticks:
        price = min(ceiling, round(mean * math.exp(log - PRICE_SPREAD**2 / 2), 4))
        prices += [price] * (hold if prices else first)
        log = PRICE_MEMORY * log + rng.gauss(0, step)
    return prices[:ticks]
