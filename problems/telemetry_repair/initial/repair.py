"""Repair the counters of a network's interfaces."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def doubt(given: Given, interface_id: InterfaceId) -> float:
    """Say how much an interface is doubted; all are alike."""
    doubt_share: float = 0.0
    return doubt_share


def rate_mbps(given: Given, flow: Flow) -> float:
    """Take the mean of what both ends say, or the end that is doubted less."""
    best_mbps: float = mean_mbps(flow)
    if ends_gap_share(flow) > 0.06:
        if doubt(given, flow.sender) < doubt(given, flow.receiver):
            best_mbps = flow.tx_mbps
        if doubt(given, flow.receiver) < doubt(given, flow.sender):
            best_mbps = flow.rx_mbps
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
