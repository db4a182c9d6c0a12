# verdict: invalid
"""Sends a row that does not exist."""

from interface import as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    plan.rows[0] = len(plan.rows)
    return plan
