"""The flows that fit healthy counters best under conservation: what is possible when the faults are known.

Generalised least squares. Every flow and every edge rate has an estimate `y` with variance `v`: the mean of
its healthy readings, or nothing, with a variance so large that it says nothing. Conservation is `B x = 0`.
The best linear estimate is `x = y - V B' (B V B')^-1 B y`, and its variances are the diagonal of
`V - V B' (B V B')^-1 B V`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulators.telemetry.faults import Damage
from simulators.telemetry.network import Bools, Floats, Network

_NOTHING = 100.0
"""Standard deviation of what no healthy counter reads, as a multiple of the largest rate."""
_SMALLEST_SHARE = 1e-6
"""Of the largest rate: no reading is taken to be more exact than so much noise of it."""


@dataclass(frozen=True)
class Estimate:
    """Flows, `[interfaces]`, and their standard deviations, in Mbit/s."""

    link: Floats
    deviation: Floats


def known_mask(network: Network, damage: Damage, up: Bools, noise_share: float) -> Estimate:
    """Return the best estimate of every flow from the counters that no fault touched.

    Args:
        network: where.
        damage: the readings, with the faults in them.
        up: which links are up; nothing flows over the others.
        noise_share: every healthy reading is off by an even draw from -/+ this share.
    """
    readings = damage.readings
    ends = np.stack((readings.tx, readings.rx[network.peer]))
    healthy = ~np.stack((damage.mask("tx"), damage.mask("rx")[network.peer]))
    edge = np.concatenate((readings.entering, readings.leaving))
    edge_healthy = ~np.concatenate((damage.mask("entering"), damage.mask("leaving")))
    count = np.concatenate((healthy.sum(axis=0), edge_healthy)).astype(np.float64)
    total = np.concatenate(((ends * healthy).sum(axis=0), edge * edge_healthy))
    mean = total / np.maximum(count, 1.0)
    largest = max(1e-9, float(mean.max()))
    spread = noise_share / math.sqrt(3.0)
    noise = (spread * np.maximum(mean, _SMALLEST_SHARE * largest)) ** 2
    variance = np.where(count > 0, noise / np.maximum(count, 1.0), (_NOTHING * largest) ** 2)
    down = np.flatnonzero(np.repeat(~up, 2))
    mean[down], variance[down] = 0.0, 0.0
    fitted, left = balanced(network, mean, variance)
    flows = network.interfaces
    return Estimate(np.maximum(fitted[:flows], 0.0), np.sqrt(left[:flows]))


def balanced(network: Network, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return estimates that conserve traffic at every router, and their variances.

    Args:
        network: where.
        mean: of every flow, then of what enters and of what leaves every router.
        variance: of the same.
    """
    spread = network.balance * variance
    gain = np.linalg.solve(spread @ network.balance.T, spread)
    fitted: Floats = mean - (network.balance @ mean) @ gain
    left: Floats = variance - (spread * gain).sum(axis=0)
    return fitted, np.maximum(left, 0.0)


def within(estimate: Estimate, tolerance_share: float, floor_mbps: float) -> Floats:
    """Return how likely every estimate is within the tolerance, if its error is normal."""
    allowed = tolerance_share * estimate.link + floor_mbps
    ratio = allowed / np.maximum(estimate.deviation, 1e-12) / math.sqrt(2.0)
    return np.array([math.erf(value) for value in ratio.tolist()])
