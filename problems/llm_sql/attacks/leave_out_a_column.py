# verdict: invalid
"""Leaves out the column with the most values."""

from interface import Plan, as_given, columns_as_given, columns_by, distinct_values, sort_rows


def solve(given, rng):
    plan = sort_rows(given, as_given(given, columns_as_given(given)))
    return Plan(plan.rows, plan.columns[:, columns_by(distinct_values(given)).order[1:]].copy())
