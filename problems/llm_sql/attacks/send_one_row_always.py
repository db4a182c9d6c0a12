# verdict: invalid
"""Sends the first row again and again, which is always hit, and no other."""

import numpy as np
from interface import Plan, as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    return Plan(np.zeros(len(plan.rows), dtype=np.int64), plan.columns)
