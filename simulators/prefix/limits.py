"""How many tokens any order can reuse: two proofs, not a method.

A prompt is its cells' lines in some order, and lines can be told apart by their beginnings (`text.py`). Let
row `r` be served after some others, with a hit of `h(r)` tokens.

**Per-column tries.** Put every line of every row into one trie of tokens. A token of row `r` that is hit was
at the same place of the trie in a line of an earlier row, so of all rows that pass a node at least one, the
first, computes it. Together at least as many tokens are computed as the trie has nodes, and
`sum h <= tokens - nodes`. It treats every cell as if it were first in its prompt. Lines of different
columns differ within their names, so this is nearly one trie per column.

**Spanning tree.** The hit of `r` is in blocks that one earlier row `s` had: the deepest of them was computed
by some row, with everything before it. So `h(r)` is at most the common beginning of the prompts of `r` and
`s`, and that is some whole lines, equal in both, and then part of one line of each. Whatever the orders,

    h(r) <= w(r, s) = sum over columns with equal values of the line's length
                      + the longest common beginning of two lines that differ,

rounded down to whole blocks. Every row but the first has such an earlier `s`, so the pairs are a spanning
tree, and `sum h` is at most the weight of the heaviest one.

Neither knows the size of the cache, which can only take hits away, nor asks whether one order of columns
serves all pairs at once.
"""

from __future__ import annotations

import itertools

import numpy as np

from simulators.prefix.measure import common_tokens, trie_tokens
from simulators.prefix.table import Ints, Table


def column_trie_limit(table: Table) -> int:
    """Return how many tokens can be reused at most if every cell were the first of its prompt."""
    lines = [line for column in table.encoded for line in column]
    return int(table.line_tokens.sum()) - trie_tokens(lines)


def spanning_tree_limit(table: Table, block_tokens: int) -> int:
    """Return how many tokens in whole blocks can be reused at most, each row after an earlier one."""
    weight = _common_blocks(table, block_tokens)
    reached = weight[0].copy()
    todo = np.ones(len(weight), dtype=np.bool_)
    todo[0] = False
    blocks = 0
    for _ in range(len(weight) - 1):
        row = int(np.where(todo, reached, -1).argmax())
        blocks += int(reached[row])
        todo[row] = False
        np.maximum(reached, weight[row], out=reached)
    return blocks * block_tokens


def reuse_limit(table: Table, block_tokens: int) -> int:
    """Return how many tokens no order of rows and columns can exceed, whatever the size of the cache."""
    return min(column_trie_limit(table), spanning_tree_limit(table, block_tokens))


def _common_blocks(table: Table, block_tokens: int) -> Ints:
    """Return how many blocks any two rows can have in common, `[rows, rows]`."""
    number = len(table.cells)
    whole = np.zeros((number, number), dtype=np.int64)
    part = np.full((number, number), table.heading_tokens, dtype=np.int64)
    for at in range(len(table.columns)):
        values = table.cells[:, at]
        same = values[:, None] == values[None, :]
        whole += same * table.line_tokens[:, at]
        common = _common_lines(table.encoded[at])[values[:, None], values[None, :]]
        np.maximum(part, np.where(same, 0, common), out=part)
    tokens = table.line_tokens.sum(axis=1)
    most: Ints = np.minimum(whole + part, np.minimum(tokens[:, None], tokens[None, :]))
    return most // block_tokens


def _common_lines(lines: tuple[bytes, ...]) -> Ints:
    """Return how many leading tokens any two lines of a column have in common, `[values, values]`."""
    order = np.array(sorted(range(len(lines)), key=lines.__getitem__))
    steps = [common_tokens(lines[one], lines[other]) for one, other in itertools.pairwise(order)]
    between = np.array([0, *steps], dtype=np.int64)
    common = np.zeros((len(lines), len(lines)), dtype=np.int64)
    for at, one in enumerate(order[:-1]):
        least = np.minimum.accumulate(between[at + 1 :])
        common[one, order[at + 1 :]] = least
        common[order[at + 1 :], one] = least
    return common
