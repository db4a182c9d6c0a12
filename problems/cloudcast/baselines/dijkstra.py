"""Dijkstra: every partition takes the cheapest path to each destination; paths share their first edges.

E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1, 1959; where the case
study of Cheng et al., arXiv 2510.06189, starts from.
"""

from interface import Given, add, answer, blank_draft, path_tree, prices, within_deadline


def solve(given: Given, rng):
    """Return the trees, cut down to the deadline."""
    draft = blank_draft(given)
    for _ in range(given.partitions):
        add(draft, path_tree(given, prices(given)))
    return answer(within_deadline(given, draft))
