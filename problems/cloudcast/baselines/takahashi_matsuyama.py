"""Takahashi and Matsuyama: attach the destination nearest to the tree by its cheapest path, until done.

H. Takahashi and A. Matsuyama, An approximate solution for the Steiner problem in graphs, Mathematica Japonica
24(6), 1980, on a directed graph. All partitions take the same tree.
"""

from interface import Given, add, answer, blank_draft, prices, steiner_tree, within_deadline


def solve(given: Given, rng):
    """Return the trees, cut down to the deadline."""
    draft, tree = blank_draft(given), steiner_tree(given, prices(given))
    for _ in range(given.partitions):
        add(draft, tree)
    return answer(within_deadline(given, draft))
