"""Symmetric average: the mean of both ends where they agree, the one that counts where the other reads zero.

Link symmetry, the first invariant of Krentsel et al., The Case for Validating Inputs in Software-Defined WANs
(HotNets 2024), as a rule: agreement within 6 %, and the mean with little confidence where nothing else helps.
"""

from interface import Estimate, Given, agree, answer, flows, larger_mbps, mean_mbps


def solve(given: Given, rng):
    """Return both ends' agreement."""
    return answer(given, [estimate(flow) for flow in flows(given)])


def estimate(flow):
    """Return what one flow is by its two ends."""
    if agree(flow.tx_mbps, flow.rx_mbps, 0.06):
        return Estimate(mean_mbps(flow), 0.95)
    if min(flow.tx_mbps, flow.rx_mbps) == 0.0:
        return Estimate(larger_mbps(flow), 0.8)
    return Estimate(mean_mbps(flow), 0.2)
