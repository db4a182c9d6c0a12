"""Small tables, and a cache written as plainly as possible to compare with."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from simulators.prefix import pieces, table_of

WORDS = ("a", "b", "ab", "the ale", "the all", "the ale is 12", "12", "123", 'a"b', "")


def tables(most_rows=6, most_columns=4):
    """Return a strategy of small tables whose values often repeat or begin alike."""

    def built(shape):
        rows, columns = shape
        cell = st.sampled_from(WORDS)
        row = st.lists(cell, min_size=columns, max_size=columns)
        names = [f"c{at}" for at in range(columns)]
        return st.lists(row, min_size=rows, max_size=rows).map(lambda found: table_of(names, found))

    return st.tuples(st.integers(1, most_rows), st.integers(1, most_columns)).flatmap(built)


def plan_of(table, seed):
    """Return random orders of rows and columns."""
    rng = np.random.default_rng(seed)
    rows, columns = table.cells.shape
    return rng.permutation(rows), np.array([rng.permutation(columns) for _ in range(rows)])


def as_is(table):
    """Return rows and columns as they are."""
    rows, columns = table.cells.shape
    return np.arange(rows), np.tile(np.arange(columns), (rows, 1))


def every_plan(table):
    """Yield every order of rows with every order of columns of every row."""
    rows, columns = table.cells.shape
    orders = [np.array(order) for order in itertools.permutations(range(columns))]
    for sent in itertools.permutations(range(rows)):
        for chosen in itertools.product(orders, repeat=rows):
            yield np.array(sent), np.array(chosen)


def plain_hits(texts, block_tokens, cache_blocks):
    """Return the blocks hit by every prompt, of a cache that is a list of texts, the oldest first."""
    cached, hits = [], []
    for text in texts:
        tokens = pieces(text)
        ends = range(block_tokens, len(tokens) + 1, block_tokens)
        beginnings = [tuple(tokens[:end]) for end in ends]
        hit = 0
        while hit < len(beginnings) and beginnings[hit] in cached:
            hit += 1
        hits.append(hit)
        for beginning in reversed(beginnings):
            if beginning in cached:
                cached.remove(beginning)
            cached.append(beginning)
        del cached[: max(0, len(cached) - cache_blocks)]
    return hits
