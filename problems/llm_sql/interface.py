"""What a solver may use: what it is given, and helpers to rank columns, order rows and try an order out.

A solver is a function `solve(given, rng)` that returns a `Plan`: the order in which rows are sent, and for
every row the order of its columns. Rows, columns and the values of a column are numbered from 0. No helper
changes what it is handed.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_MANY = 1_000_000


class Given(NamedTuple):
    """All that is told: there is nothing more to know."""

    columns: tuple[str, ...]
    """Names."""
    texts: tuple[tuple[str, ...], ...]
    """The different values of every column, sorted."""
    tokens: tuple[tuple[tuple[int, ...], ...], ...]
    """The tokens that a cell becomes in a prompt, name and quotes and all, by column and value."""
    cells: np.ndarray
    """The number of every cell's value, int64 `[rows, columns]`."""
    implies: np.ndarray
    """Whether a value of one column fixes that of another, bool `[columns, columns]`."""
    block_tokens: int
    """Tokens of a block: only full blocks are cached."""
    cache_blocks: int
    """How many blocks the cache holds."""


class Lengths(NamedTuple):
    """A length for every value of every column."""

    values: tuple[np.ndarray, ...]
    """float64 `[values]` for every column."""


class Scores(NamedTuple):
    """A number for every column."""

    values: np.ndarray
    """float64 `[columns]`."""


class Columns(NamedTuple):
    """An order of columns."""

    order: np.ndarray
    """int64 `[columns]`."""


class Plan(NamedTuple):
    """An answer."""

    rows: np.ndarray
    """The rows in the order in which they are sent, int64 `[rows]`."""
    columns: np.ndarray
    """The order of the columns of every row, int64 `[rows, columns]`; the row's number says where."""


# What a table is like


def mean_row_tokens(given: Given) -> float:
    """Return how many tokens a row has in the mean."""
    return float(_by_cell(given, tokens(given)).sum(axis=1).mean())


def repeated_share(given: Given) -> float:
    """Return the share, 0 to 1, of tokens that cells have in common with others of their column."""
    return float(repeated_tokens(given).values.sum()) / max(1.0, mean_row_tokens(given))


def longest_share(given: Given) -> float:
    """Return the share, 0 to 1, of tokens that are in the column with the longest cells."""
    by_column = mean_length(given, tokens(given)).values
    return float(by_column.max() / max(1.0, by_column.sum()))


# Lengths of values


def characters(given: Given) -> Lengths:
    """Return the characters of every value."""
    return Lengths(tuple(np.array([float(len(text)) for text in column]) for column in given.texts))


def tokens(given: Given) -> Lengths:
    """Return the tokens that every value becomes in a prompt, name and quotes and all."""
    return Lengths(tuple(np.array([float(len(line)) for line in column]) for column in given.tokens))


def own_tokens(given: Given) -> Lengths:
    """Return the tokens that a value does not share with the value of its column that begins most alike."""
    return Lengths(tuple(_own(column) for column in given.tokens))


def mixed(lengths: Lengths, others: Lengths, share_of_others: float) -> Lengths:
    """Return a weighted mean of two lengths."""
    share = min(1.0, max(0.0, share_of_others))
    pairs = zip(lengths.values, others.values, strict=True)
    return Lengths(tuple((1.0 - share) * one + share * other for one, other in pairs))


def scaled(lengths: Lengths, scores: Scores) -> Lengths:
    """Return lengths times the score of their column, taken relative to the largest score."""
    factors = np.maximum(_relative(scores), 0.0)
    return Lengths(tuple(one * factor for one, factor in zip(lengths.values, factors, strict=True)))


# Scores of columns


def mean_length(given: Given, lengths: Lengths) -> Scores:
    """Return the mean length of the cells of every column."""
    return Scores(_by_cell(given, lengths).mean(axis=0))


def distinct_values(given: Given) -> Scores:
    """Return how many different values every column has."""
    return Scores(np.array([float(len(values)) for values in given.texts]))


def repeats(given: Given) -> Scores:
    """Return how often a value of every column comes again, in the mean."""
    return Scores(len(given.cells) / distinct_values(given).values - 1.0)


def repeated_tokens(given: Given) -> Scores:
    """Return how many tokens per row the cells of every column have in common at their beginning."""
    most = _by_cell(given, tokens(given)).sum(axis=0)
    return Scores((most - [_trie_size(column) for column in given.tokens]) / len(given.cells))


def with_implied(given: Given, scores: Scores, share: float) -> Scores:
    """Return scores with a share of the scores of all columns that a column implies added to its own."""
    return Scores(scores.values + share * (given.implies @ scores.values))


def times(scores: Scores, others: Scores) -> Scores:
    """Return the products of two scores."""
    return Scores(scores.values * others.values)


def blend(scores: Scores, others: Scores, share_of_others: float) -> Scores:
    """Return a weighted mean of two scores, each taken relative to its largest value."""
    share = min(1.0, max(0.0, share_of_others))
    return Scores((1.0 - share) * _relative(scores) + share * _relative(others))


def power(scores: Scores, exponent: float) -> Scores:
    """Return scores raised to a power; scores below a millionth count as a millionth."""
    return Scores(np.maximum(scores.values, 1e-6) ** min(8.0, max(-8.0, exponent)))


# Orders of columns


def columns_as_given(given: Given) -> Columns:
    """Return the columns as the table has them."""
    return Columns(np.arange(len(given.columns)))


def columns_by(scores: Scores) -> Columns:
    """Return the columns by falling score."""
    return Columns(np.argsort(-scores.values, kind="stable"))


def implied_behind(given: Given, columns: Columns) -> Columns:
    """Return the columns with those that a column implies right behind it, if they come later."""
    order: list[int] = []
    for column in columns.order.tolist():
        if column not in order:
            order.append(column)
            order += [
                each for each in columns.order.tolist() if given.implies[column, each] and each not in order
            ]
    return Columns(np.array(order))


# Plans


def as_given(given: Given, columns: Columns) -> Plan:
    """Return the rows as the table has them, all with one order of columns."""
    rows = len(given.cells)
    return Plan(np.arange(rows), np.tile(columns.order, (rows, 1)))


def sort_rows(given: Given, plan: Plan) -> Plan:
    """Return the rows sorted: rows that begin with the same columns and values come together."""
    values = np.take_along_axis(given.cells, plan.columns, axis=1)
    keys = [key for at in range(values.shape[1]) for key in (plan.columns[:, at], values[:, at])]
    return Plan(np.lexsort(keys[::-1]), plan.columns)


def group_rows(given: Given, plan: Plan) -> Plan:
    """Return the rows sorted, of those that begin alike the larger groups first."""
    values = np.take_along_axis(given.cells, plan.columns, axis=1)
    keys, group = [], np.zeros(len(values), dtype=np.int64)
    for at in range(values.shape[1]):
        pair = np.stack((group, plan.columns[:, at], values[:, at]), axis=1)
        _, group, sizes = np.unique(pair, axis=0, return_inverse=True, return_counts=True)
        group = group.reshape(-1)
        keys += [-sizes[group], group]
    return Plan(np.lexsort(keys[::-1]), plan.columns)


def greedy_groups(
    given: Given,
    lengths: Lengths,
    exponent: float,
    row_depth: int = _MANY,
    column_depth: int = _MANY,
    least_gain: float = 0.0,
) -> Plan:
    """Return the plan of greedy group recursion.

    Rows with one value in one column come first, with that column and those it implies in front: the value
    with the largest gain, its length to a power times how often it comes again. The rest of those rows, and
    all other rows, are ordered in the same way. What is left has one order of columns, by mean length to the
    power times repeats, and is sorted by it.

    Args:
        given: the table.
        lengths: of the values.
        exponent: of the length; 2 counts squares.
        row_depth: how often the other rows are ordered so.
        column_depth: how many values may stand in front.
        least_gain: a smaller gain than this stops as well.
    """
    return _Recursion(given, lengths, exponent, (row_depth, column_depth), least_gain).plan()


# Trying plans out


def hit_rate(given: Given, plan: Plan) -> float:
    """Return the objective: the share of tokens that are in cached blocks."""
    lines = [[array("i", line).tobytes() for line in column] for column in given.tokens]
    cells, orders, size = given.cells.tolist(), plan.columns.tolist(), 4 * given.block_tokens
    cached: OrderedDict[int, None] = OrderedDict()
    numbers: dict[tuple[int, bytes], int] = {}
    hits = tokens = 0
    for row in plan.rows.tolist():
        prompt = b"".join([lines[at][cells[row][at]] for at in orders[row]])
        block, path = -1, []
        for end in range(size, len(prompt) + 1, size):
            block = numbers.setdefault((block, prompt[end - size : end]), len(numbers))
            path.append(block)
        hits += next((at for at, each in enumerate(path) if each not in cached), len(path))
        tokens += len(prompt) // 4
        for each in reversed(path):
            cached[each] = None
            cached.move_to_end(each)
        while len(cached) > given.cache_blocks:
            cached.popitem(last=False)
    return hits * given.block_tokens / max(1, tokens)


def better(given: Given, plan: Plan, other: Plan) -> Plan:
    """Return the plan with the larger hit rate; the first where they are equal."""
    return other if hit_rate(given, other) > hit_rate(given, plan) else plan


# What the helpers are made of


def _by_cell(given: Given, lengths: Lengths) -> np.ndarray:
    """Return the length of every cell, `[rows, columns]`."""
    return np.stack([column[given.cells[:, at]] for at, column in enumerate(lengths.values)], axis=1)


def _relative(scores: Scores) -> np.ndarray:
    relative: np.ndarray = scores.values / max(1e-300, float(np.abs(scores.values).max()))
    return relative


def _common(lines: Sequence[tuple[int, ...]]) -> list[int]:
    """Return how many leading tokens every sorted line but the first has in common with the one before."""
    return [
        next(
            (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        for one, other in pairwise(lines)
    ]


def _trie_size(lines: Sequence[tuple[int, ...]]) -> float:
    inorder = sorted(lines)
    return float(sum(map(len, inorder)) - sum(_common(inorder)))


def _own(lines: Sequence[tuple[int, ...]]) -> np.ndarray:
    order = sorted(range(len(lines)), key=lines.__getitem__)
    steps = [0, *_common([lines[at] for at in order]), 0]
    own = np.zeros(len(lines))
    for place, at in enumerate(order):
        own[at] = len(lines[at]) - max(steps[place], steps[place + 1])
    return own


class _Recursion:
    """Greedy group recursion; values are numbered over all columns."""

    def __init__(
        self,
        given: Given,
        lengths: Lengths,
        exponent: float,
        depths: tuple[int, int],
        least_gain: float,
    ) -> None:
        self._given, self._depths, self._least = given, depths, least_gain
        self._exponent = min(4.0, max(0.0, exponent))
        sizes = [len(column) for column in lengths.values]
        self._values = given.cells + np.cumsum([0, *sizes])[:-1]
        self._column = np.repeat(np.arange(len(sizes)), sizes)
        self._length = np.concatenate(lengths.values)
        self._worth = self._length**self._exponent
        self._beside = self._implied_worth()
        self._rows: list[int] = []
        self._columns = np.zeros(given.cells.shape, dtype=np.int64)

    def plan(self) -> Plan:
        rows, columns = self._given.cells.shape
        self._order(np.arange(rows), [], list(range(columns)), 0)
        return Plan(np.array(self._rows), self._columns)

    def _implied_worth(self) -> np.ndarray:
        """Return what the values that a value fixes are worth, `[values, columns]`."""
        worth = np.zeros((len(self._worth), len(self._given.columns)))
        for one, other in np.argwhere(self._given.implies):
            worth[self._values[:, one], other] = self._worth[self._values[:, other]]
        return worth

    def _order(self, rows: np.ndarray, front: list[int], rest: list[int], depth: int) -> None:
        """Append rows, which have the values of `depth` choices in front in common."""
        peeled = 0
        while len(rows) > 1 and len(rest) > 1 and peeled < self._depths[0] and depth < self._depths[1]:
            found = self._best(rows, rest)
            if found is None:
                break
            column = int(self._column[found])
            taken = [column, *(each for each in rest if self._given.implies[column, each])]
            inside = self._values[rows, column] == found
            left = [each for each in rest if each not in taken]
            self._order(rows[inside], front + taken, left, depth + 1)
            rows, peeled = rows[~inside], peeled + 1
        if len(rows):
            self._settle(rows, front, rest)

    def _best(self, rows: np.ndarray, rest: list[int]) -> int | None:
        """Return the value with the largest gain, or None where no gain is large enough."""
        counts = np.bincount(self._values[rows][:, rest].ravel(), minlength=len(self._worth))
        gain = (self._worth + self._beside[:, rest].sum(axis=1)) * (counts - 1.0)
        best = int(np.where(counts > 1, gain, -1.0).argmax())
        return best if counts[best] > 1 and gain[best] >= self._least else None

    def _settle(self, rows: np.ndarray, front: list[int], rest: list[int]) -> None:
        """Append rows with one order of the other columns, by expected contribution, and sorted by it."""
        values = self._values[rows][:, rest]
        different = np.array([len(np.unique(values[:, at])) for at in range(len(rest))])
        lengths = self._length[values].mean(axis=0) ** self._exponent
        expected = lengths * (len(rows) / np.maximum(different, 1) - 1.0)
        ranked = np.argsort(-expected, kind="stable")
        order = [*front, *(rest[at] for at in ranked)]
        if rest:
            rows = rows[np.lexsort([values[:, at] for at in ranked[::-1]])]
        self._columns[rows] = order
        self._rows += rows.tolist()
