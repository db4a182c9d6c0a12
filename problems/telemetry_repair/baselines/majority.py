"""Majority: both ends vote for a flow, and both routers by conservation; the value that most agree on wins.

The invariants of Krentsel et al., The Case for Validating Inputs in Software-Defined WANs (HotNets 2024),
link symmetry and flow conservation, counted once each: modular redundancy (von Neumann 1956) on counters.
"""

from interface import Estimate, Given, answer, flows, majority_mbps, support_share

TOLERANCE = 0.05


def solve(given: Given, rng):
    """Return what most votes agree on; confidence is their share."""
    estimates = []
    for flow in flows(given):
        mbps = majority_mbps(given, flow, TOLERANCE)
        estimates.append(Estimate(mbps, support_share(given, flow, mbps, TOLERANCE)))
    return answer(given, estimates)
