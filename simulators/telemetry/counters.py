"""What routers report of the traffic: two counters and a state per interface, two counters at the edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.telemetry.network import Bools, Floats, Network
from simulators.telemetry.traffic import Flows


@dataclass(frozen=True)
class Readings:
    """Rates in Mbit/s, and whether an interface says that it is up."""

    rx: Floats
    """Received by every interface, `[interfaces]`."""
    tx: Floats
    """Sent by every interface, `[interfaces]`."""
    entering: Floats
    """From outside into every router, `[routers]`."""
    leaving: Floats
    """From every router to outside, `[routers]`."""
    up: Bools
    """Of every interface, `[interfaces]`."""

    def copy(self) -> Readings:
        """Return readings that can be written to without changing these."""
        return Readings(
            self.rx.copy(), self.tx.copy(), self.entering.copy(), self.leaving.copy(), self.up.copy()
        )


def exact(network: Network, flows: Flows, up: Bools) -> Readings:
    """Return what perfect counters read; an interface receives what the other end of its link sends.

    Args:
        network: where.
        flows: the traffic.
        up: which links are up.
    """
    return Readings(
        flows.link[network.peer],
        flows.link.copy(),
        flows.entering.copy(),
        flows.leaving.copy(),
        np.repeat(up, 2),
    )


def measured(rng: np.random.Generator, true: Readings, noise_share: float) -> Readings:
    """Return the readings with every rate off by a share of its own, drawn evenly from -/+ `noise_share`.

    Two ends of a link then differ by a third of `2 noise_share` on average, and by `2 noise_share` at most:
    with 0.02 by 1.3 % and 4 %, as in the published Abilene counters (1.3 % and 3.9 %).
    """

    def off(rates: Floats) -> Floats:
        return rates * rng.uniform(1.0 - noise_share, 1.0 + noise_share, rates.shape)

    return Readings(off(true.rx), off(true.tx), off(true.entering), off(true.leaving), true.up.copy())
