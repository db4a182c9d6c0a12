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
WEIGHTS = np.array([0.66, 0.66, 1.0, 1.0])
"""Of the counter of either end, and of the belief of either router."""


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
        at_router = [np.flatnonzero((self.ends == router).any(axis=1)) for router in range(len(entering))]
        self.mine = [(mine, self.ends[mine, 1] == router) for router, mine in enumerate(at_router)]
        self.edge = np.array(entering) - np.array(leaving)
        self.belief = np.zeros_like(self.choices)
        for router in range(len(self.edge)):
            self.believe(router)
        self.value, self.share = np.zeros(len(self.choices)), np.zeros(len(self.choices))
        self.vote(np.arange(len(self.choices)))

    def believe(self, router):
        """Let a router draw, and derive each of its flows from the others."""
        mine, receives = self.mine[router]
        sign = np.where(receives, 1.0, -1.0)
        drawn = self.choices[mine][np.arange(len(mine)), self.rng.integers(2, size=(DRAWS, len(mine)))]
        surplus = self.edge[router] + drawn @ sign
        implied = drawn - sign * surplus[:, None]
        self.belief[mine, receives.astype(int)] = fuzzy_modes(implied.T)

    def vote(self, which):
        """Find the value of each of the flows with the largest share of the votes, and that share."""
        values = np.concatenate((self.choices[which], self.belief[which]), axis=1)
        near = alike(values)
        kept = WEIGHTS * near[np.arange(len(which)), (near @ WEIGHTS).argmax(axis=1)]
        self.value[which] = (values * kept).sum(axis=1) / kept.sum(axis=1)
        self.share[which] = kept.sum(axis=1) / WEIGHTS.sum()

    def settle(self):
        """Lock flow after flow, the surest first."""
        estimates = [None] * len(self.choices)
        is_open = np.full(len(self.choices), True)
        while is_open.any():
            flow = int(np.where(is_open, self.share, -1.0).argmax())
            is_open[flow] = False
            estimates[flow] = Estimate(float(self.value[flow]), float(self.share[flow]))
            self.choices[flow] = max(self.value[flow], 0.0)
            for router in self.ends[flow]:
                self.believe(router)
            self.vote(np.flatnonzero(is_open & np.isin(self.ends, self.ends[flow]).any(axis=1)))
        return estimates


def alike(values):
    """Return which values of the last axis agree with which."""
    size = np.abs(values)
    largest = np.maximum(size[..., :, None], size[..., None, :])
    return np.abs(values[..., :, None] - values[..., None, :]) <= TOLERANCE * largest


def fuzzy_modes(values):
    """Return, for each row, the mean of the values that agree with the one that most agree with."""
    near = alike(values)
    chosen = near[np.arange(len(values)), near.sum(axis=2).argmax(axis=1)]
    return (values * chosen).sum(axis=1) / chosen.sum(axis=1)
