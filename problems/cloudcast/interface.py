"""What a planner may use: what it is given, costs to plan by, trees, and a draft of the whole plan.

A planner is a function `solve(given, rng)` that returns a list with one tree per partition, each a list of
edge ids. Regions are numbered from 0; edge `tail * regions + head` leads from `tail` to `head`. A tree begins
at the source, enters no region twice and reaches every destination; `answer(draft)` is such a list. No helper
changes what it is handed, but for a `Draft`, which `add` and `put` fill.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RegionId = int
EdgeId = int

NO_EDGE_USD_PER_GB = 1e6
"""The price where there is no edge; `prices` makes it infinite."""


class Given(NamedTuple):
    """All that is told."""

    price_usd_per_gb: np.ndarray
    """What a GB costs on every edge, float64 `[tail, head]`; a million where there is no edge."""
    gbps: np.ndarray
    """What every edge carries, float64 `[tail, head]`; 0 where there is no edge."""
    egress_gbps: np.ndarray
    """What every region sends at most over all its edges, float64 `[regions]`."""
    ingress_gbps: np.ndarray
    """What every region takes in at most, float64 `[regions]`."""
    cloud: np.ndarray
    """Of every region: 0, 1 or 2, int64 `[regions]`."""
    source: RegionId
    destinations: tuple[RegionId, ...]
    volume_gb: float
    partitions: int
    """The volume is sent in so many equal parts; each has a tree of its own."""
    deadline_s: float
    region_usd_per_s: float
    """What the machines of one region cost while the broadcast lasts."""


class Costs(NamedTuple):
    """What every edge is taken to cost when a tree is built; infinite: it is not used."""

    by_pair: np.ndarray
    """float64 `[tail, head]`."""


class Tree(NamedTuple):
    """The way of one partition from the source to all destinations."""

    edges: tuple[EdgeId, ...]
    """Every edge after the one that leads to it."""


class Part(NamedTuple):
    """One partition, as `parts(given)` lists them."""

    number: int
    """Its position among the partitions."""
    before_share: float
    """The share of all partitions that come before it."""


class Draft:
    """A plan that is worked on. Change it with `add` and `put` only."""

    given: Given
    trees: list[Tree]
    copies: np.ndarray
    """How many partitions every edge carries, float64 `[tail, head]`."""

    def __init__(self, given: Given) -> None:
        """Make a draft without trees."""
        self.given = given
        self.trees = []
        self.copies = np.zeros_like(given.gbps)


# Costs


def prices(given: Given) -> Costs:
    """Return what edges are paid for, in USD per GB."""
    return Costs(np.where(given.gbps > 0.0, given.price_usd_per_gb, np.inf))


def slowness(given: Given) -> Costs:
    """Return what falls as throughput rises, scaled so that its mean is the mean price."""
    return Costs(_scaled(given, 1.0 / np.maximum(_throughput(given), 1e-9)))


def blend(costs: Costs, others: Costs, share_of_others: float) -> Costs:
    """Return a weighted mean of two costs."""
    share = min(0.999, max(0.001, share_of_others))
    return Costs((1.0 - share) * costs.by_pair + share * others.by_pair)


def with_relay_cost(given: Given, costs: Costs, relay_cost: float) -> Costs:
    """Return costs that are higher on edges into regions that are no destinations."""
    relay = np.full(len(given.cloud), max(0.0, relay_cost))
    relay[list(given.destinations)] = 0.0
    return Costs(costs.by_pair + relay[None, :])


def clustered(given: Given, costs: Costs, per_cloud: int) -> Costs:
    """Return costs on which only the ends and, of every cloud, the relays that send cheapest are used."""
    ends = [given.source, *given.destinations]
    sends = np.where(np.isfinite(costs.by_pair), costs.by_pair, np.nan)[:, list(given.destinations)]
    cheap = np.nanmean(np.hstack((sends, np.full((len(sends), 1), 1e3))), axis=1)
    kept = np.zeros(len(cheap), dtype=bool)
    for kind in (0, 1, 2):
        members = np.flatnonzero(given.cloud == kind)
        kept[members[np.argsort(cheap[members], kind="stable")[: max(0, per_cloud)]]] = True
    kept[ends] = True
    return Costs(np.where(kept[:, None] & kept[None, :], costs.by_pair, np.inf))


def crowded(draft: Draft, costs: Costs, factor: float) -> Costs:
    """Return costs that rise with the share of the deadline for which edges and their ends are busy."""
    return Costs(costs.by_pair * (1.0 + max(0.0, factor) * _busy(draft)))


def with_room(draft: Draft, costs: Costs) -> Costs:
    """Return costs on which only edges are used that carry one more partition before the deadline."""
    return Costs(np.where(_busy(draft, 1.0) <= 1.0 + 1e-9, costs.by_pair, np.inf))


# Trees


def direct_tree(given: Given) -> Tree:
    """Return the edges from the source to every destination; a way over relays where there is none."""
    return path_tree(given, Costs(np.where(given.gbps > 0.0, 1.0, np.inf)))


def path_tree(given: Given, costs: Costs) -> Tree:
    """Return the cheapest path to every destination (Dijkstra's shortest path tree)."""
    start = np.full(len(given.cloud), np.inf)
    start[given.source] = 0.0
    _, before = _nearest(_usable(given, costs), start)
    return _pruned(given, before)


def steiner_tree(given: Given, costs: Costs) -> Tree:
    """Return the tree of Takahashi and Matsuyama: attach the nearest destination by its cheapest path."""
    return _attached(given, _usable(given, costs), None)


def hub_tree(given: Given, costs: Costs, hubs: int) -> Tree:
    """Return the cheapest of some Steiner trees, each grown from the source and one of the best hubs.

    The best are those over which the cheapest ways of two edges to the destinations lead.
    """
    usable = _usable(given, costs)
    ways = np.minimum(usable[given.source][:, None] + usable[:, list(given.destinations)], 1e9).sum(axis=1)
    ways[given.source] = np.inf
    best = np.argsort(ways, kind="stable")[: max(1, min(40, hubs))].tolist()
    trees = [steiner_tree(given, costs), *(_attached(given, usable, None, hub) for hub in best)]
    return min(trees, key=lambda tree: tree_cost(given, costs, tree))


def fitting_tree(draft: Draft, costs: Costs) -> Tree:
    """Return a Steiner tree like `steiner_tree` that keeps to what is left before the deadline, if it can."""
    given = draft.given
    return _attached(given, _usable(given, with_room(draft, costs)), draft)


def greedy_tree(given: Given, costs: Costs) -> Tree:
    """Return the tree without relays that attaches the destination with the cheapest edge, again (Prim)."""
    ends = np.zeros(len(given.cloud), dtype=bool)
    ends[[given.source, *given.destinations]] = True
    inner = np.where(ends[:, None] & ends[None, :], costs.by_pair, np.inf)
    return _attached(given, _usable(given, Costs(inner)), None)


def improved(given: Given, costs: Costs, tree: Tree, rounds: int) -> Tree:
    """Take relays out of a tree and others in while that makes it cheaper, at most so many times."""
    usable = _usable(given, costs)
    best, least = tree, tree_cost(given, costs, tree)
    for _ in range(min(40, rounds) if tree.edges else 0):
        relays = set(relays_of(given, best))
        tried = [relays - {relay} for relay in sorted(relays)]
        tried += [relays | {relay} for relay in _promising(given, usable, best)]
        found = [_spanning(given, usable, some) for some in tried]
        values = [tree_cost(given, costs, one) for one in found]
        at = int(np.argmin(values)) if values else 0
        if not values or values[at] >= least - 1e-9:
            break
        best, least = found[at], values[at]
    return best


def tree_cost(given: Given, costs: Costs, tree: Tree) -> float:
    """Return the sum of the costs of a tree's edges; infinite for a tree without edges."""
    if not tree.edges:
        return float("inf")
    return float(costs.by_pair.ravel()[list(tree.edges)].sum())


def relays_of(given: Given, tree: Tree) -> list[RegionId]:
    """Return the regions of a tree that are neither source nor destination."""
    size = len(given.cloud)
    return sorted({edge % size for edge in tree.edges} - set(given.destinations))


# Plans


def parts(given: Given) -> list[Part]:
    """Return all partitions in their order."""
    return [Part(number, number / given.partitions) for number in range(given.partitions)]


def blank_draft(given: Given) -> Draft:
    """Return a draft without trees."""
    return Draft(given)


def add(draft: Draft, tree: Tree) -> bool:
    """Add the tree of one more partition; False where all have one."""
    if len(draft.trees) >= draft.given.partitions or not tree.edges:
        return False
    draft.trees.append(tree)
    draft.copies.ravel()[list(tree.edges)] += 1.0
    return True


def put(draft: Draft, partition: int, tree: Tree) -> bool:
    """Let another tree take the place of a partition's."""
    if not 0 <= partition < len(draft.trees) or not tree.edges:
        return False
    draft.copies.ravel()[list(draft.trees[partition].edges)] -= 1.0
    draft.copies.ravel()[list(tree.edges)] += 1.0
    draft.trees[partition] = tree
    return True


def fits(draft: Draft, tree: Tree) -> bool:
    """Return whether one more partition on this tree keeps the deadline.

    The source must keep time to send each partition that is still to come once.
    """
    given, copies = draft.given, _with(draft.copies, tree)
    leaving = copies[given.source].sum() + max(0, given.partitions - len(draft.trees) - 1)
    seconds = max(_time_s(given, copies), _gbit(given) * leaving / given.egress_gbps[given.source])
    return bool(tree.edges and seconds <= given.deadline_s * (1.0 + 1e-9))


def time_s(draft: Draft) -> float:
    """Return how long the trees of a draft take together."""
    return float(_time_s(draft.given, draft.copies))


def cost_usd(draft: Draft) -> float:
    """Return what the trees of a draft cost together: egress, and machines in every region they touch."""
    given, used = draft.given, draft.copies > 0.0
    egress = (
        float((draft.copies[used] * given.price_usd_per_gb[used]).sum()) * given.volume_gb / given.partitions
    )
    regions = int((used.any(axis=0) | used.any(axis=1)).sum())
    return egress + regions * given.region_usd_per_s * time_s(draft)


def busiest_share(draft: Draft) -> float:
    """Return the time that a draft takes over the deadline."""
    return time_s(draft) / draft.given.deadline_s


def fastest_draft(given: Given) -> Draft:
    """Return a fast plan, which keeps the deadline: destinations forward to each other, at evened load.

    Every destination in turn is attached where what is then busiest is least busy, the cheapest first among
    equals.
    """
    draft = Draft(given)
    for _ in range(given.partitions):
        add(draft, Tree(tuple(_evened(draft).tolist())))
    return draft


def within_deadline(given: Given, draft: Draft) -> Draft:
    """Return the plan, cut down to the deadline: trees of the fast plan take the place of some.

    As long as it takes too long, the tree is replaced without which it is fastest. Partitions that have no
    tree get one of the fast plan.
    """
    kept = Draft(given)
    for tree in draft.trees:
        add(kept, tree)
    if len(kept.trees) == given.partitions and time_s(kept) <= given.deadline_s:
        return kept
    fast = fastest_draft(given).trees
    for at in range(len(kept.trees), given.partitions):
        add(kept, fast[at])
    left = set(range(given.partitions))
    while left and time_s(kept) > given.deadline_s:
        tried = {at: _with(_with(kept.copies, kept.trees[at], -1.0), fast[at]) for at in sorted(left)}
        at = min(tried, key=lambda at: _time_s(given, tried[at]))
        put(kept, at, fast[at])
        left.remove(at)
    return kept


def without(draft: Draft, partition: int) -> Draft:
    """Return the draft without a partition's tree: room to plan it anew."""
    rest = Draft(draft.given)
    for at, tree in enumerate(draft.trees):
        if at != partition:
            add(rest, tree)
    return rest


def answer(draft: Draft) -> list[list[EdgeId]]:
    """Return what `solve` has to return."""
    return [list(tree.edges) for tree in draft.trees]


# What the helpers are made of


def _mean_price(given: Given) -> np.float64:
    return np.float64(given.price_usd_per_gb[given.gbps > 0.0].mean())


def _throughput(given: Given) -> np.ndarray:
    """Return what an edge carries if its ends do nothing else."""
    ends = np.minimum(given.egress_gbps[:, None], given.ingress_gbps[None, :])
    carried: np.ndarray = np.minimum(given.gbps, ends)
    return carried


def _scaled(given: Given, values: np.ndarray) -> np.ndarray:
    edges = given.gbps > 0.0
    factor = _mean_price(given) / float(values[edges].mean())
    return np.where(edges, factor * values, np.inf)


def _usable(given: Given, costs: Costs) -> np.ndarray:
    """Return costs without edges into the source; none is negative."""
    usable = np.where((given.gbps > 0.0) & (costs.by_pair >= 0.0), costs.by_pair, np.inf)
    usable[:, given.source] = np.inf
    return usable


def _time_s(given: Given, copies: np.ndarray) -> np.float64:
    """Return how long the busiest edge or region takes."""
    edges = (copies / np.where(given.gbps > 0.0, given.gbps, np.inf)).max()
    leaving = (copies.sum(axis=1) / given.egress_gbps).max()
    entering = (copies.sum(axis=0) / given.ingress_gbps).max()
    return np.float64(_gbit(given) * max(edges, leaving, entering))


def _gbit(given: Given) -> np.float64:
    return np.float64(8.0 * given.volume_gb / given.partitions)


def _with(copies: np.ndarray, tree: Tree, sign: float = 1.0) -> np.ndarray:
    changed = copies.copy()
    changed.ravel()[list(tree.edges)] += sign
    return changed


def _busy(draft: Draft, more: float = 0.0) -> np.ndarray:
    """Return the share of the deadline for which an edge or one of its ends is busy, with more partitions."""
    given, copies = draft.given, draft.copies
    edges = (copies + more) / np.where(given.gbps > 0.0, given.gbps, 1e-9)
    leaving = (copies.sum(axis=1) + more) / given.egress_gbps
    entering = (copies.sum(axis=0) + more) / given.ingress_gbps
    busy = np.maximum(np.maximum(edges, leaving[:, None]), entering[None, :])
    shares: np.ndarray = busy * (_gbit(given) / given.deadline_s)
    return shares


def _nearest(usable: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return distance and last region before, over the cheapest paths from regions with a start value."""
    distance, before = start.copy(), np.full(len(start), -1)
    while True:
        through = distance[:, None] + usable
        last = through.argmin(axis=0)
        found = through[last, np.arange(len(start))]
        better = found < distance - 1e-12
        if not better.any():
            return distance, before
        distance[better], before[better] = found[better], last[better]


def _path(before: np.ndarray, region: int) -> list[tuple[int, int]]:
    path = []
    while before[region] >= 0:
        path.append((int(before[region]), region))
        region = int(before[region])
    return path[::-1]


def _pruned(given: Given, before: np.ndarray) -> Tree:
    """Return the paths to all destinations as a tree; empty where one is not reached."""
    size = len(before)
    edges: dict[EdgeId, None] = {}
    for destination in given.destinations:
        if before[destination] < 0:
            return Tree(())
        edges.update({tail * size + head: None for tail, head in _path(before, destination)})
    return Tree(tuple(edges))


def _attached(given: Given, usable: np.ndarray, draft: Draft | None, hub: int | None = None) -> Tree:
    """Grow a tree by the cheapest path to a destination; with a draft, mind what its regions still send."""
    size = len(usable)
    before, children = np.full(size, -1), np.zeros(size)
    inside = np.zeros(size, dtype=bool)
    inside[given.source] = True
    open_ends = set(given.destinations)
    if hub is not None and np.isfinite(usable[given.source, hub]):
        before[hub], inside[hub] = given.source, True
        open_ends.discard(hub)
    while open_ends:
        start = np.where(inside & _may_send(draft, children), 0.0, np.inf)
        free = np.where(inside[None, :], np.inf, usable)
        distance, last = _nearest(free, start)
        target = min(sorted(open_ends), key=lambda region: distance[region])
        if not np.isfinite(distance[target]):
            if draft is None:
                return Tree(())
            usable, draft = _usable(given, prices(given)), None  # there is no more room: anywhere
            continue
        for tail, head in _path(last, target):
            before[head], inside[head] = tail, True
            children[tail] += 1.0
            open_ends.discard(head)
    return _pruned(given, before)


def _may_send(draft: Draft | None, children: np.ndarray) -> np.ndarray:
    """Return which regions can send one more copy of the partition that is planned."""
    if draft is None:
        return np.ones(len(children), dtype=bool)
    given = draft.given
    copies = draft.copies.sum(axis=1) + children + 1.0
    # Every partition that is still to come leaves the source at least once.
    copies[given.source] += max(0, given.partitions - len(draft.trees) - 1)
    may: np.ndarray = _gbit(given) * copies / given.egress_gbps <= given.deadline_s * (1.0 + 1e-9)
    may |= (np.arange(len(copies)) == given.source) & (children == 0.0)
    return may


def _promising(given: Given, usable: np.ndarray, tree: Tree) -> list[int]:
    """Return regions that might serve some destinations more cheaply than the tree does."""
    size = len(usable)
    heads = np.array([edge % size for edge in tree.edges])
    inside = np.append(heads, given.source)
    paid = np.minimum(usable.ravel()[list(tree.edges)], 1e9)
    saved = np.maximum(0.0, paid[None, :] - usable[:, heads]).sum(axis=1) - usable[inside].min(axis=0)
    saved[inside] = -np.inf
    return [int(region) for region in np.argsort(-saved, kind="stable")[:6] if saved[region] > 0.0]


def _spanning(given: Given, usable: np.ndarray, relays: set[int]) -> Tree:
    """Return a cheap tree over the ends and these relays, grown edge by edge; leaves that are relays go."""
    size = len(usable)
    left = np.zeros(size, dtype=bool)
    left[[*given.destinations, *relays]] = True
    cost, before = usable[given.source].copy(), np.full(size, given.source)
    entered = np.full(size, -1)
    while left.any():
        region = int(np.where(left, cost, np.inf).argmin())
        if not np.isfinite(cost[region]):
            return Tree(())
        left[region], entered[region] = False, before[region]
        cheaper = usable[region] < cost
        cost[cheaper], before[cheaper] = usable[region][cheaper], region
    return _pruned(given, entered)


def _evened(draft: Draft) -> np.ndarray:
    """Return edges of a tree that keeps the busiest edge and region least busy, grown edge by edge."""
    given, size = draft.given, len(draft.given.cloud)
    inside, left = [given.source], list(given.destinations)
    leaving, entering = draft.copies.sum(axis=1), draft.copies.sum(axis=0)
    edges: list[EdgeId] = []
    while left:
        pair = np.ix_(inside, left)
        carried = np.where(given.gbps[pair] > 0.0, given.gbps[pair], 1e-9)
        busy = np.maximum(
            (draft.copies[pair] + 1.0) / carried, ((leaving + 1.0) / given.egress_gbps)[inside][:, None]
        )
        busy = np.maximum(busy, ((entering + 1.0) / given.ingress_gbps)[left][None, :])
        price = np.where(given.gbps[pair] > 0.0, given.price_usd_per_gb[pair], 1e9)
        at, to = divmod(int((busy + 1e-9 * price).argmin()), len(left))
        tail, head = inside[at], left.pop(to)
        edges.append(tail * size + head)
        leaving[tail] += 1.0
        entering[head] += 1.0
        inside.append(head)
    return np.array(edges)
