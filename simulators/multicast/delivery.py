"""Whether a list of edges is a tree that brings a partition to every destination."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.multicast.network import Broadcast


class Undelivered(ValueError):
    """A list of edges is no tree from the source over all destinations; one sentence that says why."""


def check_tree(broadcast: Broadcast, edges: Sequence[int]) -> None:
    """Check one partition's edges; their order says nothing.

    Every edge exists and comes once, no region is entered twice, the source never, every edge begins where
    the partition is, and every destination is reached. A branch that ends at a region which is no destination
    is allowed: it is paid for.

    Args:
        broadcast: what has to be delivered.
        edges: edge ids, `tail * regions + head`.

    Raises:
        Undelivered: the edges are no such tree.
    """
    network = broadcast.network
    entered: dict[int, int] = {}
    leaving: dict[int, list[int]] = {}
    for edge in edges:
        tail, head = network.ends(edge)
        if not network.gbps[tail, head] > 0.0:
            raise Undelivered(f"there is no edge from region {tail} to region {head}")
        if head in entered:
            raise Undelivered(f"region {head} is entered twice, from {entered[head]} and from {tail}")
        if head == broadcast.source:
            raise Undelivered(f"region {head} is the source and is entered from {tail}")
        entered[head] = tail
        leaving.setdefault(tail, []).append(head)
    reached = _reached(broadcast.source, leaving)
    for destination in broadcast.destinations:
        if destination not in reached:
            raise Undelivered(f"destination {destination} gets nothing")
    for head, tail in entered.items():
        if head not in reached:
            raise Undelivered(f"the edge from {tail} to {head} begins where the partition does not come")


def _reached(source: int, leaving: dict[int, list[int]]) -> set[int]:
    reached, open_ends = {source}, [source]
    while open_ends:
        heads = leaving.get(open_ends.pop(), [])
        reached.update(heads)
        open_ends.extend(heads)
    return reached
