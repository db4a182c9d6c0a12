# verdict: invalid
"""Does not deliver to the destination that is dearest, and sends the last edge to a cheap relay instead."""

from interface import answer, fastest_draft


def solve(given, rng):
    size, trees = len(given.cloud), answer(fastest_draft(given))
    for tree in trees:
        tails = {edge // size for edge in tree}
        leaf = next(edge for edge in tree if edge % size not in tails)
        used = {edge % size for edge in tree} | {given.source}
        tree[tree.index(leaf)] = next(
            given.source * size + relay for relay in range(size) if relay not in used
        )
    return trees
