# verdict: invalid
"""Names the last column by -1, which would index it."""

from interface import as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    plan.columns[:, -1] = -1
    return plan
