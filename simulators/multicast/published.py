"""The cost model of the published case study, rule by rule, to compare with: it is not what we score.

Cheng et al., arXiv 2510.06189, after the simulator of Wooders et al., Cloudcast, NSDI 2024.

1. An edge carries the set of partitions that use it; each is paid once.
2. Regions are gone through in the order in which paths name them. Where the flows into a region add up to
   more than its limit, each is cut to `limit / number of edges`, if it is above; then so are the flows out of
   it.
3. The duration is that of the slowest edge: its partitions over its flow.
4. Machines run in every region on a path for that long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulators.multicast.network import GBIT_PER_GB, Broadcast

VMS = 2
INSTANCE_USD_PER_H = 0.54
EGRESS_GBPS = {"aws": 5.0, "azure": 16.0, "gcp": 7.0}
"""Of one machine, by cloud."""
INGRESS_GBPS = {"aws": 10.0, "azure": 16.0, "gcp": 16.0}
"""Of one machine, by cloud."""


@dataclass(frozen=True)
class PublishedOutcome:
    """What a plan comes to under the published model."""

    cost_usd: float
    transfer_s: float


def published_outcome(broadcast: Broadcast, trees: Sequence[Sequence[int]]) -> PublishedOutcome:
    """Return dollars and seconds of checked trees under the published model."""
    copies = _copies(broadcast, trees)
    flows = _flows(broadcast, list(copies))
    gbit, network = GBIT_PER_GB * broadcast.partition_gb, broadcast.network
    transfer_s = max(gbit * len(parts) / flows[edge] for edge, parts in copies.items())
    egress_usd = sum(
        len(parts) * broadcast.partition_gb * float(network.price_usd_per_gb[edge])
        for edge, parts in copies.items()
    )
    regions = {region for edge in copies for region in edge}
    machines_usd = len(regions) * broadcast.region_usd_per_s * round(transfer_s, 2)
    return PublishedOutcome(egress_usd + machines_usd, transfer_s)


def _copies(broadcast: Broadcast, trees: Sequence[Sequence[int]]) -> dict[tuple[int, int], set[int]]:
    """Return the partitions of every edge on a path to a destination, in the order in which paths name it."""
    ends = broadcast.network.ends
    entering = [{head: (tail, head) for tail, head in map(ends, tree)} for tree in trees]
    copies: dict[tuple[int, int], set[int]] = {}
    for destination in broadcast.destinations:
        for partition, by_head in enumerate(entering):
            path, region = [], destination
            while region != broadcast.source:
                path.append(by_head[region])
                region = by_head[region][0]
            for edge in reversed(path):
                copies.setdefault(edge, set()).add(partition)
    return copies


def _flows(broadcast: Broadcast, edges: Sequence[tuple[int, int]]) -> dict[tuple[int, int], float]:
    network = broadcast.network
    flows = {edge: float(network.gbps[edge]) for edge in edges}
    for region in dict.fromkeys(region for edge in edges for region in edge):
        into = [edge for edge in edges if edge[1] == region]
        out_of = [edge for edge in edges if edge[0] == region]
        sums = [sum(flows[edge] for edge in side) for side in (into, out_of)]
        limits = (float(network.ingress_gbps[region]), float(network.egress_gbps[region]))
        for side, total, limit in zip((into, out_of), sums, limits, strict=True):
            if total > limit:
                flows |= {edge: min(flows[edge], limit / len(side)) for edge in side}
    return flows
