"""What a plan costs and how long it takes: fluid flows at the best rates that all capacities allow.

Every region forwards while it receives, every edge at a constant rate. With `c[e]` partitions on edge `e` and
a duration `T` its rate is at least `c[e] * partition / T`. Rates of exactly that size respect every edge,
egress and ingress limit if and only if

    T >= c[e] * partition / gbps[e]                for every edge
    T >= sum(c[e], e leaves v) * partition / egress[v]     for every region, and so for ingress

so the largest right-hand side is the shortest duration that the trees allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.multicast.network import GBIT_PER_GB, Broadcast, Floats, Ints


@dataclass(frozen=True)
class Outcome:
    """What trees for all partitions come to."""

    egress_usd: float
    """Every partition is paid once on each of its edges."""
    instance_usd: float
    """Machines in every region that a tree touches, for the whole duration."""
    transfer_s: float
    used: tuple[int, ...]
    """Regions that a tree touches."""
    copies: Ints
    """Partitions on every edge, `[tail, head]`."""
    bottleneck: tuple[str, int]
    """What takes longest: `edge`, `egress` or `ingress`, and the edge or region."""

    @property
    def cost_usd(self) -> float:
        """Egress and machines together."""
        return self.egress_usd + self.instance_usd


def copies_of(broadcast: Broadcast, trees: Sequence[Sequence[int]]) -> Ints:
    """Return how many partitions every edge carries, `[tail, head]`."""
    size = broadcast.network.regions
    edges = np.array([edge for tree in trees for edge in tree], dtype=np.int64)
    copies: Ints = np.bincount(edges, minlength=size * size).reshape(size, size).astype(np.int64)
    return copies


def outcome_of(broadcast: Broadcast, trees: Sequence[Sequence[int]]) -> Outcome:
    """Return what a plan comes to.

    Args:
        broadcast: what has to be delivered.
        trees: edge ids for every partition, each checked by `check_tree`.
    """
    network, copies = broadcast.network, copies_of(broadcast, trees)
    tails, heads = np.nonzero(copies)
    used = tuple(sorted({*tails.tolist(), *heads.tolist()}))
    paid = copies[tails, heads] * network.price_usd_per_gb[tails, heads]
    transfer_s, bottleneck = _duration(broadcast, copies)
    return Outcome(
        egress_usd=float(paid.sum()) * broadcast.partition_gb,
        instance_usd=len(used) * broadcast.region_usd_per_s * transfer_s,
        transfer_s=transfer_s,
        used=used,
        copies=copies,
        bottleneck=bottleneck,
    )


def _duration(broadcast: Broadcast, copies: Ints) -> tuple[float, tuple[str, int]]:
    network, gbit = broadcast.network, GBIT_PER_GB * broadcast.partition_gb
    seconds: dict[str, Floats] = {
        "edge": gbit * copies / np.where(network.edges, network.gbps, np.inf),
        "egress": gbit * copies.sum(axis=1) / network.egress_gbps,
        "ingress": gbit * copies.sum(axis=0) / network.ingress_gbps,
    }
    kind = max(seconds, key=lambda name: float(seconds[name].max()))
    return float(seconds[kind].max()), (kind, int(seconds[kind].argmax()))
