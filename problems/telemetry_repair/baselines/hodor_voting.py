"""Voting with locks, after the repair of Hodor and CrossCheck (democratic trust propagation).

Krentsel et al., The Case for Validating Inputs in Software-Defined WANs, HotNets 2024, and CrossCheck: Input
Validation for WAN Control Systems, NSDI 2026, written from the description. Every router draws 30 times one
of the two counters for each of its flows, and derives each flow from the others by conservation; the value
that most draws agree on (within 5 %) is its belief. A flow's votes are its two counters (weight 0.66 each)
and the beliefs of its two routers. The flow with the largest share of agreeing votes is locked, its routers
draw again with it fixed, and so on. Confidence is the share. Theirs draws demand-derived values as well; here
no demands are known, and the edge counters are taken as they are.
"""

import numpy as np
from interface import Estimate, Given, answer, edge_rates, flows

DRAWS = 30
TOLERANCE = 0.05
COUNTER_WEIGHT = 0.66


def solve(given: Given, rng):
    """Return the locked value of every flow."""
    return answer(given, Voting(given, np.random.default_rng(rng.getrandbits(64))).settle())


class Voting:
    """Counters, beliefs and locks."""

    def __init__(self, given, rng):
        """Let every router draw once."""
        self.rng = rng
        self.choices = np.array([(flow.tx_mbps, flow.rx_mbps) for flow in flows(given)])
        self.ends = np.array([(given.router[at], given.router[to]) for at, to in enumerate(given.peer)])
        entering, leaving = edge_rates(given)
        self.edge = np.array(entering) - np.array(leaving)
        self.belief = np.zeros_like(self.choices)
        for router in range(len(self.edge)):
            self.believe(router)
        self.tally = [self.vote(flow) for flow in range(len(self.choices))]

    def believe(self, router):
        """Let a router draw, and derive each of its flows from the others."""
        sends, receives = self.ends[:, 0] == router, self.ends[:, 1] == router
        mine = np.flatnonzero(sends | receives)
        sign = np.where(receives[mine], 1.0, -1.0)
        drawn = self.choices[mine][np.arange(len(mine)), self.rng.integers(2, size=(DRAWS, len(mine)))]
        surplus = self.edge[router] + drawn @ sign
        implied = drawn - sign * surplus[:, None]
        for flow, values, side in zip(mine, implied.T, receives[mine].astype(int), strict=True):
            self.belief[flow, side] = fuzzy_mode(values)

    def vote(self, flow):
        """Return the value with the largest share of the votes, and that share."""
        values = np.concatenate((self.choices[flow], self.belief[flow]))
        weights = np.array([COUNTER_WEIGHT, COUNTER_WEIGHT, 1.0, 1.0])
        near = alike(values)
        best = int((near @ weights).argmax())
        kept = weights * near[best]
        return float(values @ kept / kept.sum()), float(kept.sum() / weights.sum())

    def settle(self):
        """Lock flow after flow, the surest first."""
        estimates = [None] * len(self.choices)
        open_flows = set(range(len(self.choices)))
        while open_flows:
            flow = max(sorted(open_flows), key=lambda each: self.tally[each][1])
            open_flows.remove(flow)
            mbps, share = self.tally[flow]
            estimates[flow] = Estimate(mbps, share)
            self.choices[flow] = max(mbps, 0.0)
            for router in self.ends[flow]:
                self.believe(router)
            touched = np.isin(self.ends, self.ends[flow]).any(axis=1)
            for each in open_flows.intersection(np.flatnonzero(touched).tolist()):
                self.tally[each] = self.vote(each)
        return estimates


def alike(values):
    """Return which values agree with which."""
    size = np.abs(values)
    largest = np.maximum(size[:, None], size[None, :])
    return np.abs(values[:, None] - values[None, :]) <= TOLERANCE * largest


def fuzzy_mode(values):
    """Return the mean of the values that agree with the one that most agree with."""
    near = alike(values)
    return float(values[near[near.sum(axis=1).argmax()]].mean())
