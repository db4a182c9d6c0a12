"""Tables from CSV files: a header line, then a row per line, all as text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from simulators.prefix.table import Table, found_dependencies, table_of

_MOST_COLUMNS = 200
_MOST_CHARACTERS = 100_000
"""In a cell."""
_MOST_IN_ALL = 4_000_000
"""Characters of a piece; what a candidate is given has to fit one message."""
_KEY_SHARE = 0.7
"""A column with more different values per row is a key; the published harness uses the same threshold."""


class TableError(Exception):
    """A table cannot be read: one sentence that names the file, what is wrong and what is accepted."""


def read_tables(path: Path, rows: int) -> Iterator[tuple[str, Table]]:
    """Yield the tables of a file, or of every `.csv` file of a folder, cut into pieces of so many rows.

    Args:
        path: a file or a folder.
        rows: how many rows a piece has at most; a last piece of one row is left out.

    Raises:
        TableError: a file cannot be read, or there is none.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files:
        raise TableError(f"{str(path)!r} holds no .csv file; give a CSV file or a folder of them.")
    for file in files:
        columns, table = _read(file)
        for begin in range(0, len(table), rows):
            piece = table[begin : begin + rows]
            _check_size(file, begin, piece)
            if len(piece) > 1:
                yield f"{file.stem}:{begin}", found_dependencies(table_of(columns, piece), _KEY_SHARE)


def _read(file: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            lines = list(csv.reader(opened, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{str(file)!r} cannot be read as CSV in UTF-8: {error}.") from None
    lines = [line for line in lines if line]
    if len(lines) < 3:
        raise TableError(f"{str(file)!r} has {len(lines)} lines; a header and at least 2 rows are needed.")
    columns, table = lines[0], lines[1:]
    if len(set(columns)) < len(columns) or len(columns) > _MOST_COLUMNS:
        raise TableError(
            f"{str(file)!r} has {len(columns)} columns, {len(set(columns))} of them with names of their own; "
            f"at most {_MOST_COLUMNS} are accepted, and every name once."
        )
    _check_rows(file, columns, table)
    return columns, table


def _check_rows(file: Path, columns: list[str], table: list[list[str]]) -> None:
    for at, row in enumerate(table):
        if len(row) != len(columns):
            raise TableError(
                f"{str(file)!r} has {len(row)} cells in row {at + 1}, and {len(columns)} columns."
            )
        if max(map(len, row)) > _MOST_CHARACTERS:
            raise TableError(
                f"{str(file)!r} has a cell of {max(map(len, row))} characters in row {at + 1}; "
                f"at most {_MOST_CHARACTERS} are accepted."
            )


def _check_size(file: Path, begin: int, piece: list[list[str]]) -> None:
    size = sum(len(cell) for row in piece for cell in row)
    if size > _MOST_IN_ALL:
        raise TableError(
            f"{str(file)!r} has {size} characters in rows {begin + 1} to {begin + len(piece)}; at most "
            f"{_MOST_IN_ALL} are accepted in {len(piece)} rows."
        )
