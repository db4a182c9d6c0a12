# verdict: invalid
"""Answers a range where a rate is asked for."""


def solve(given, rng):
    ends = enumerate(given.peer)
    return [(at, (given.rx_mbps[at], given.tx_mbps[to]), given.tx_mbps[at], 1.0, 1.0) for at, to in ends]
