# verdict: invalid
"""Sends everything along the cheapest tree, whatever time it takes."""

from interface import add, answer, blank_draft, prices, steiner_tree


def solve(given, rng):
    draft, tree = blank_draft(given), steiner_tree(given, prices(given))
    for _ in range(given.partitions):
        add(draft, tree)
    return answer(draft)
