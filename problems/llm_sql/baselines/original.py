"""The original order: rows and columns as the table has them.

What an engine does without reordering; "Cache (Original)" of Liu et al., MLSys 2025.
"""

from interface import Given, as_given, columns_as_given


def solve(given: Given, rng):
    """Return rows and columns as they are."""
    return as_given(given, columns_as_given(given))
