"""A table, its cells by number, and the prompts that its rows become in some order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulators.prefix.text import common_length, heading, line, pieces

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
TOKEN_BYTES = 4


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of cells; a value is known by its number within its column."""

    columns: tuple[str, ...]
    """Names, all different."""
    texts: tuple[tuple[str, ...], ...]
    """The different values of every column, sorted as text."""
    cells: Ints
    """The number of every cell's value, `[rows, columns]`."""
    implies: Bools
    """Whether a value of one column fixes that of another by the schema, `[columns, columns]`; transitive,
    and never of a column itself."""

    @cached_property
    def lines(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """The tokens of every value's line, by column and value; equal numbers are equal tokens."""
        known: dict[str, int] = {}
        return tuple(
            tuple(
                tuple(known.setdefault(piece, len(known)) for piece in pieces(line(name, text)))
                for text in texts
            )
            for name, texts in zip(self.columns, self.texts, strict=True)
        )

    @cached_property
    def encoded(self) -> tuple[tuple[bytes, ...], ...]:
        """The same tokens as bytes, four for each."""
        return tuple(
            tuple(np.array(tokens, dtype=np.int32).tobytes() for tokens in column) for column in self.lines
        )

    @cached_property
    def line_tokens(self) -> Ints:
        """How many tokens every cell's line has, `[rows, columns]`."""
        return self._by_cell([[len(tokens) for tokens in column] for column in self.lines])

    @cached_property
    def characters(self) -> Ints:
        """How many characters every cell's value has, `[rows, columns]`."""
        return self._by_cell([[len(text) for text in column] for column in self.texts])

    @cached_property
    def heading_tokens(self) -> int:
        """The most tokens that lines of two different columns have in common."""
        headings = [pieces(heading(name)) for name in self.columns]
        return max(
            (common_length(one, other) for at, one in enumerate(headings) for other in headings[:at]),
            default=0,
        )

    def longest_blocks(self, block_tokens: int) -> int:
        """Return how many full blocks the longest prompt has."""
        return int(self.line_tokens.sum(axis=1).max()) // block_tokens

    def _by_cell(self, by_value: list[list[int]]) -> Ints:
        stacked = [np.array(column)[self.cells[:, at]] for at, column in enumerate(by_value)]
        return np.stack(stacked, axis=1).astype(np.int64)


def table_of(
    columns: Sequence[str], rows: Sequence[Sequence[str]], implies: Collection[tuple[str, str]] = ()
) -> Table:
    """Return the table of some rows of text.

    Args:
        columns: names, all different.
        rows: at least one, each with a text per column.
        implies: pairs of columns; a value of the first fixes that of the second. Closed transitively here.
    """
    texts, cells = [], []
    for values in zip(*rows, strict=True):
        different = sorted(set(values))
        number = {text: at for at, text in enumerate(different)}
        texts.append(tuple(different))
        cells.append([number[text] for text in values])
    return Table(
        tuple(columns), tuple(texts), np.array(cells, dtype=np.int64).T.copy(), _closed(columns, implies)
    )


def found_dependencies(table: Table, most_distinct_share: float) -> Table:
    """Return the table with the dependencies that hold in it, where the schema is not known.

    A column implies another where every value of it stands beside one value of the other, and it has at most
    `most_distinct_share` different values per row: a key implies everything, and says nothing.
    """
    rows = len(table.cells)
    found = []
    for one, name in enumerate(table.columns):
        if len(table.texts[one]) > most_distinct_share * rows:
            continue
        for other, implied in enumerate(table.columns):
            pairs = np.unique(table.cells[:, [one, other]], axis=0)
            if one != other and len(pairs) == len(table.texts[one]):
                found.append((name, implied))
    return Table(table.columns, table.texts, table.cells, _closed(table.columns, found))


def prompts(table: Table, rows: Ints, columns: Ints) -> list[bytes]:
    """Return the tokens of every prompt in the order in which they are sent, four bytes for each.

    Args:
        table: what the rows are of.
        rows: their order, `[rows]`.
        columns: the order of the columns of every row, `[rows, columns]`, by the row's number.
    """
    cells, orders, encoded = table.cells.tolist(), columns.tolist(), table.encoded
    return [b"".join([encoded[at][cells[row][at]] for at in orders[row]]) for row in rows.tolist()]


def _closed(columns: Sequence[str], pairs: Collection[tuple[str, str]]) -> Bools:
    at = {name: number for number, name in enumerate(columns)}
    implies = np.zeros((len(columns), len(columns)), dtype=np.bool_)
    for one, other in pairs:
        implies[at[one], at[other]] = True
    for middle in range(len(columns)):
        implies |= implies[:, [middle]] & implies[[middle], :]
    np.fill_diagonal(implies, False)
    return implies
