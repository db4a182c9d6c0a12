# verdict: invalid
"""Writes the column with the fewest values in place of all others."""

import numpy as np
from interface import Plan, as_given, columns_as_given, distinct_values


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    return Plan(plan.rows, np.full(plan.columns.shape, distinct_values(given).values.argmin()))
