# verdict: invalid
"""Answers indices that are right only in 32 bits."""

from interface import Plan, as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    return Plan(plan.rows + (1 << 32), plan.columns)
