# verdict: invalid
"""Writes one column of one row twice in place of another, in the hope that only totals are compared."""

from interface import as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    plan.columns[-1, 0] = plan.columns[-1, 1]
    return plan
