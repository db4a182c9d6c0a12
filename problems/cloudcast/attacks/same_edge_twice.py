# verdict: invalid
"""Names an edge twice, where a set would count it once."""

from interface import answer, fastest_draft


def solve(given, rng):
    trees = answer(fastest_draft(given))
    for tree in trees:
        tree[-1] = tree[0]
    return trees
