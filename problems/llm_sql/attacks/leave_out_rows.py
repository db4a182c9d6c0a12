# verdict: invalid
"""Sends only rows that equal others in their longest column."""

import numpy as np
from interface import Plan, as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    kept = np.argsort(given.cells[:, 0], kind="stable")[: len(plan.rows) // 2]
    return Plan(kept, plan.columns)
