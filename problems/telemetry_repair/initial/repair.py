"""Repair the counters of a network's interfaces."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def rate_mbps(given: Given, flow: Flow) -> float:
    """Take a flow to be the mean of what both ends say."""
    best_mbps: float = mean_mbps(flow)
    if ends_gap_share(flow) > 0.06:
        best_mbps = mean_mbps(flow)
    return best_mbps


def how_sure(given: Given, flow: Flow, chosen_mbps: float) -> float:
    """Be sure of a flow whose ends agree, and unsure of others."""
    confidence: float = 0.9
    if ends_gap_share(flow) > 0.06:
        confidence = 0.3
    return confidence


def repair(given: Given, rng: Random) -> list[Estimate]:
    """Look at one flow after the other."""
    estimates: list[Estimate] = []
    for flow in flows(given):
        chosen_mbps: float = rate_mbps(given, flow)
        estimates.append(Estimate(chosen_mbps, how_sure(given, flow, chosen_mbps)))
    return estimates


# EVOLVE-BLOCK-END


def solve(given: Given, rng: Random):
    """Return repaired counters for every interface."""
    return answer(given, repair(given, rng))
