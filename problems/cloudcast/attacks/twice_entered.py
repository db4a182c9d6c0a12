# verdict: invalid
"""Enters a destination from two sides, so that each edge would carry half."""

from interface import answer, fastest_draft


def solve(given, rng):
    size, trees = len(given.cloud), answer(fastest_draft(given))
    for tree in trees:
        edge = tree[-1]
        tails = [t for t in [given.source, *given.destinations] if t not in (edge // size, edge % size)]
        tree.append(tails[0] * size + edge % size)
    return trees
