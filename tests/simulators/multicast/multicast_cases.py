"""Networks small enough to compute by hand, and drawn ones with plans that keep their deadline."""

from __future__ import annotations

import itertools

import numpy as np

from simulators.multicast import Broadcast, Mesh, Network, draw_network, outcome_of

# Region 0 is the source, 1 and 2 the destinations, 3 a relay. USD per GB and Gbps by tail and head.
PRICE = [[0, 10, 12, 4], [9, 0, 3, 9], [9, 9, 0, 9], [9, 5, 6, 0]]
GBPS = [[0, 4, 8, 8], [8, 0, 2, 8], [8, 8, 0, 8], [8, 8, 4, 0]]


def network(price=PRICE, gbps=GBPS, egress=(8.0, 8.0, 8.0, 8.0), ingress=(8.0, 8.0, 8.0, 8.0)):
    prices, speeds = np.array(price, dtype=float), np.array(gbps, dtype=float)
    np.fill_diagonal(prices, np.inf)
    names = tuple(f"aws:region-{at}" for at in range(len(prices)))
    cloud = np.zeros(len(prices), dtype=np.int64)
    return Network(names, cloud, prices, speeds, np.array(egress), np.array(ingress))


def tiny(deadline_s=1e6, partitions=2, **changed):
    """20 GB in 2 partitions of 10 GB; machines cost 0.01 USD a second and region."""
    return Broadcast(network(**changed), 0, (1, 2), 20.0, partitions, deadline_s, 0.01)


def edges(*pairs, size=4):
    return [tail * size + head for tail, head in pairs]


def drawn(seed, regions=12, destinations=4, slack=1.6, partitions=4):
    """A drawn broadcast, and a chain and a star of which one keeps the deadline."""
    rng = np.random.default_rng(seed)
    net = draw_network(rng, Mesh(regions, 2))
    ends = rng.permutation(regions)[: destinations + 1].tolist()
    free = Broadcast(net, ends[0], tuple(ends[1:]), 100.0, partitions, np.inf, 3e-4)
    chain = [tail * regions + head for tail, head in itertools.pairwise(ends)]
    seconds = outcome_of(free, [chain] * partitions).transfer_s
    return Broadcast(net, ends[0], tuple(ends[1:]), 100.0, partitions, slack * seconds, 3e-4), chain


def random_tree(rng, broadcast, relays):
    """A tree over source, destinations and some relays in a random order, without idle branches."""
    size = broadcast.network.regions
    spare = [r for r in range(size) if r not in (broadcast.source, *broadcast.destinations)]
    inner = [*broadcast.destinations, *rng.permutation(spare)[:relays].tolist()]
    inside, parent = [broadcast.source], {}
    for head in rng.permutation(inner).tolist():
        parent[head] = inside[int(rng.integers(len(inside)))]
        inside.append(head)
    needed = set()
    for region in broadcast.destinations:
        while region != broadcast.source:
            needed.add(region)
            region = parent[region]
    return [parent[head] * size + head for head in sorted(needed)]
