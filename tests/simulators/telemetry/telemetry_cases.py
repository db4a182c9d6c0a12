"""Small networks and random scenes."""

from __future__ import annotations

import numpy as np

from simulators.telemetry import (
    NETWORKS,
    Demand,
    Network,
    Scene,
    exact,
    fail_links,
    gravity,
    measured,
    routed,
    shuffled,
)

TRIANGLE = Network("triangle", ("A", "B", "C"), ((0, 1), (1, 2), (0, 2)), (1.0, 1.0, 3.0))
"""A and C are nearer over B. Interfaces: A to B 0, B to A 1, B to C 2, C to B 3, A to C 4, C to A 5."""
TRAFFIC = np.array([[0.0, 6.0, 10.0], [0.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
"""A sends 6 to B and 10 to C, C sends 4 to A."""
ALL_UP = np.ones(3, dtype=np.bool_)
PAIR = Network("pair", ("A", "B"), ((0, 1),), (1.0,))
FIELDS = ("rx", "tx", "entering", "leaving", "up")


def random_flows(name, seed, failed):
    """Return network, links that are up, and flows; all drawn."""
    rng = np.random.default_rng(seed)
    network = shuffled(NETWORKS[name](), rng)
    up = fail_links(rng, network, failed)
    matrix = gravity(rng, len(network.routers), Demand(100.0))
    return network, up, routed(network, up, matrix), matrix


def random_scene(name, seed, failed=0):
    """Return a scene whose counters read now and before."""
    network, up, flows, matrix = random_flows(name, seed, failed)
    rng = np.random.default_rng(seed + 1)
    all_up = np.ones_like(up)
    before = exact(network, routed(network, all_up, 0.5 * matrix), all_up)
    return Scene(
        network, up, measured(rng, exact(network, flows, up), 0.02), measured(rng, before, 0.02)
    ), flows
