# verdict: forbidden
"""Opens recorded tables, to answer from memory."""

from interface import as_given, columns_as_given


def solve(given, rng):
    with open("tables/movies.csv") as file:  # noqa: PTH123
        file.read()
    return as_given(given, columns_as_given(given))
