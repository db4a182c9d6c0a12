# verdict: invalid
"""Answers floats, one of them not a number."""

import numpy as np
from interface import Plan, as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    rows = plan.rows.astype(np.float64)
    rows[0] = np.nan
    return Plan(rows, plan.columns)
