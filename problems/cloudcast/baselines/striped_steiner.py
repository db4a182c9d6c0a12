"""Striped Steiner trees: one after the other on what capacity the ones before have left before the deadline.

Wooders et al., Cloudcast, NSDI 2024: data are cut into stripes, regions are clustered to a few relays, and
every stripe gets a cheap tree under a constraint on its time; what it uses is taken from the capacities. The
paper solves a small integer program for a stripe; here it is a Steiner heuristic, improved by exchanging
relays.
"""

from interface import (
    Given,
    add,
    answer,
    blank_draft,
    clustered,
    fits,
    fitting_tree,
    improved,
    prices,
    with_room,
    within_deadline,
)

RELAYS_PER_CLOUD = 5
ROUNDS = 10


def solve(given: Given, rng):
    """Return the trees, cut down to the deadline."""
    draft = blank_draft(given)
    costs = clustered(given, prices(given), RELAYS_PER_CLOUD)
    for _ in range(given.partitions):
        tree = fitting_tree(draft, costs)
        better = improved(given, with_room(draft, costs), tree, ROUNDS)
        add(draft, better if fits(draft, better) else tree)
    return answer(within_deadline(given, draft))
