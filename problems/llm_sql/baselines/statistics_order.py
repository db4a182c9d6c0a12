"""Statistics order: one order of columns for all rows, by expected contribution, and rows sorted by it.

The fallback of Liu et al., Optimizing LLM Queries in Relational Data Analytics Workloads, MLSys 2025: a
column is expected to contribute the square of its mean length times (rows / different values - 1). Written
from the description.
"""

from interface import Given, as_given, characters, columns_by, mean_length, power, repeats, sort_rows, times


def solve(given: Given, rng):
    """Return the sorted rows, with the columns that promise most in front."""
    expected = times(power(mean_length(given, characters(given)), 2.0), repeats(given))
    return sort_rows(given, as_given(given, columns_by(expected)))
