"""Repair the counters of a network's interfaces."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def repair(given: Given, rng: Random) -> list[Estimate]:
    """Take every flow to be the mean of what both ends say, and be equally sure of all."""
    rates: list[float] = mean_rates(given)
    estimates: list[Estimate] = []
    for flow in flows(given):
        mbps: float = rates[flow.sender]
        confidence: float = 0.8
        estimates.append(Estimate(mbps, confidence))
    return estimates


# EVOLVE-BLOCK-END


def solve(given: Given, rng: Random):
    """Return repaired counters for every interface."""
    return answer(given, repair(given, rng))
