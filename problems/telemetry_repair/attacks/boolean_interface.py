# verdict: invalid
"""Names interfaces by booleans, which Python takes for 0 and 1."""

from interface import Repair


def solve(given, rng):
    return [Repair(at > 0, given.rx_mbps[at], given.tx_mbps[at], 1.0, 1.0) for at in range(2)]
