"""Striped Steiner trees: one after the other on what capacity the ones before have left before the deadline.

Wooders et al., Cloudcast, NSDI 2024: data are cut into stripes, regions are clustered to a few relays, and
every stripe gets a cheap tree under a constraint on its time; what it uses is taken from the capacities. The
paper solves a small integer program for a stripe; here it is the cheapest of some Steiner heuristics,
improved by exchanging relays. A stripe takes the tree of the one before as long as it fits.
"""

from interface import (
    Given,
    Tree,
    add,
    answer,
    blank_draft,
    clustered,
    fits,
    fitting_tree,
    hub_tree,
    improved,
    prices,
    tree_cost,
    with_room,
    within_deadline,
)

RELAYS_PER_CLOUD = 5
HUBS = 8
ROUNDS = 10


def stripe(given: Given, draft, costs) -> Tree:
    """Return the cheapest tree found that fits into what is left."""
    room = with_room(draft, costs)
    free = improved(given, room, hub_tree(given, room, HUBS), ROUNDS)
    within = fitting_tree(draft, costs)
    fitting = [tree for tree in (free, within) if fits(draft, tree)]
    return min(fitting, key=lambda tree: tree_cost(given, costs, tree), default=within)


def solve(given: Given, rng):
    """Return the trees, cut down to the deadline."""
    draft = blank_draft(given)
    costs, tree = clustered(given, prices(given), RELAYS_PER_CLOUD), Tree(())
    for _ in range(given.partitions):
        if not fits(draft, tree):
            tree = stripe(given, draft, costs)
        add(draft, tree)
    return answer(within_deadline(given, draft))
