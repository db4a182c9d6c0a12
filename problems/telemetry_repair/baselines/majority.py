"""Majority: both ends vote for a flow, and both routers by conservation; the value that most agree on wins.

The invariants of Krentsel et al., A Case for Validating Inputs in Software-Defined WANs (HotNets 2024), link
symmetry and flow conservation, counted once each: triple modular redundancy (von Neumann 1956) on counters.
"""

from interface import (
    Estimate,
    Given,
    answer,
    flows,
    implied_by_receiver_mbps,
    implied_by_sender_mbps,
    most_voted_mbps,
    votes,
)

TOLERANCE = 0.05


def solve(given: Given, rng):
    """Return what most votes agree on; confidence is their share."""
    estimates = []
    for flow in flows(given):
        values = [
            flow.tx_mbps,
            flow.rx_mbps,
            implied_by_sender_mbps(given, flow),
            implied_by_receiver_mbps(given, flow),
        ]
        mbps = most_voted_mbps(values, TOLERANCE)
        estimates.append(Estimate(mbps, votes(values, mbps, TOLERANCE) / len(values)))
    return answer(given, estimates)
