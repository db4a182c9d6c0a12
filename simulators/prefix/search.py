"""An order of rows and columns that is found by splitting a table, column by column: good, not optimal."""

from __future__ import annotations

import numpy as np

from simulators.prefix.table import Ints, Table


def split_by_columns(table: Table) -> tuple[Ints, Ints]:
    """Return the order of the rows, and of the columns of every row.

    Of all columns the one that saves most comes first in all rows at hand, with those that it implies: what
    it saves is the tokens of its lines less those of one line for each value. Then the rows of each value go
    on by themselves. Where nothing is saved, the columns come as they are.
    """
    order: list[int] = []
    columns = np.tile(np.arange(len(table.columns)), (len(table.cells), 1))
    _split(table, np.arange(len(table.cells)), [], list(range(len(table.columns))), order, columns)
    return np.array(order, dtype=np.int64), columns


def _split(
    table: Table, rows: Ints, front: list[int], rest: list[int], order: list[int], columns: Ints
) -> None:
    """Append rows, which have the columns of `front` in common, with the others ordered."""
    choices = [(_saved(table, rows, _taken(table, at, rest)), -at) for at in rest]
    saved, best = max(choices, default=(0, 0))
    if len(rows) < 2 or saved <= 0:
        columns[rows] = front + rest
        order += rows.tolist()
        return
    taken = _taken(table, -best, rest)
    left = [at for at in rest if at not in taken]
    values = table.cells[rows, -best]
    for value in np.unique(values):
        _split(table, rows[values == value], front + taken, left, order, columns)


def _taken(table: Table, column: int, rest: list[int]) -> list[int]:
    """Return a column and those of the rest that it implies."""
    return [column, *(at for at in rest if table.implies[column, at])]


def _saved(table: Table, rows: Ints, taken: list[int]) -> int:
    tokens = table.line_tokens[rows][:, taken].sum(axis=1)
    _, first = np.unique(table.cells[rows, taken[0]], return_index=True)
    return int(tokens.sum() - tokens[first].sum())
