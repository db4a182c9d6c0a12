"""Measured statistics of spot capacity: what the generator is fitted to.

`ZONES` are nine zones of three AWS regions (V100, February to March 2023): availability and mean spot price
as in the multi-region set of the ADRS case study; mean lengths within the ranges of the public spot-trace set
(up 0.7 to 10.4 h with medians of 0.3 to 1.4 h, down 0.8 to 3.6 h). `POOLS` are eight capacity pools of
us-west-2 (October 2022), each fitted by a gamma on/off renewal to the logs of Wu et al. (NSDI 2024).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_FIT_TICK_H = 600 / 3600
"""The published gamma scales are in ticks of 600 s."""


@dataclass(frozen=True)
class ZoneStats:
    """How often, for how long and at what price one zone has spot machines."""

    name: str
    region: str
    availability: float
    """Share of time with spot capacity, shocks included."""
    mean_down_h: float
    up_shape: float
    """Shape of the gamma law of up-times; below 1 is a heavy tail: many short, few very long."""
    down_shape: float
    spot_usd_per_h: float
    """Mean spot price."""


def _zone(name: str, availability: float, down_h: float, up_shape: float, usd: float) -> ZoneStats:
    return ZoneStats(name, name[:-1], availability, down_h, up_shape, 0.5, usd)


def _pool(name: str, up: tuple[float, float], down: tuple[float, float]) -> ZoneStats:
    mean_up_h = up[0] * up[1] * _FIT_TICK_H
    mean_down_h = down[0] * down[1] * _FIT_TICK_H
    availability = mean_up_h / (mean_up_h + mean_down_h)
    return ZoneStats(name, "us-west-2", availability, mean_down_h, up[0], down[0], 0.9731)


ZONES: Mapping[str, ZoneStats] = {
    zone.name: zone
    for zone in (
        _zone("us-east-1a", 0.185, 3.30, 0.50, 1.66),
        _zone("us-east-1c", 0.468, 2.60, 0.40, 1.29),
        _zone("us-east-1d", 0.477, 2.40, 0.40, 1.25),
        _zone("us-east-1f", 0.615, 1.90, 0.38, 1.28),
        _zone("us-east-2a", 0.752, 1.50, 0.33, 0.93),
        _zone("us-east-2b", 0.676, 1.70, 0.35, 0.93),
        _zone("us-west-2a", 0.913, 0.90, 0.28, 0.94),
        _zone("us-west-2b", 0.932, 0.80, 0.28, 0.95),
        _zone("us-west-2c", 0.922, 0.85, 0.28, 0.94),
    )
}

POOLS: Mapping[str, ZoneStats] = {
    pool.name: pool
    for pool in (
        _pool("2a_k80_1", (0.489, 79.9), (0.607, 3.2)),
        _pool("2a_k80_8", (0.528, 20.6), (0.378, 23.7)),
        _pool("2a_v100_1", (0.295, 46.6), (0.328, 19.5)),
        _pool("2a_v100_8", (0.382, 10.9), (0.227, 36.8)),
        _pool("2b_k80_1", (0.206, 49.2), (0.091, 330.0)),
        _pool("2b_k80_8", (0.480, 16.1), (0.242, 22.5)),
        _pool("2b_v100_1", (0.402, 28.9), (0.425, 19.0)),
        _pool("2b_v100_8", (0.543, 6.5), (0.154, 43.9)),
    )
}

REGION_SHOCKS: Mapping[str, float] = {"us-east-1": 0.204, "us-east-2": 0.061}
"""Share of time in which a shock of its own empties a whole region. With `WIDE_SHOCK` it brings zones of one
region to a correlation near 0.22."""

WIDE_SHOCK = 0.04
"""Share of time in which a shock is about that empties every region with probability 1/2."""
