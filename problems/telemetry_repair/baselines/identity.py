"""Identity: every counter is believed.

The pass-through anchor of the telemetry repair case study (Cheng et al., Barbarians at the Gate, arXiv
2510.06189, 2025), and what a controller does that validates nothing.
"""

from interface import Given, Repair


def solve(given: Given, rng):
    """Return what every interface says."""
    rates = zip(given.rx_mbps, given.tx_mbps, strict=True)
    return [Repair(at, rx, tx, 1.0, 1.0) for at, (rx, tx) in enumerate(rates)]
