# verdict: invalid
"""Answers rates below zero."""

from interface import Repair


def solve(given, rng):
    return [Repair(at, -given.rx_mbps[at], -1.0, 1.0, 1.0) for at in range(len(given.router))]
