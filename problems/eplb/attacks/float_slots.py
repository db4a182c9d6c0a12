# verdict: invalid
"""Answers floats, one of them not a number."""

import numpy as np


def solve(given, rng):
    slots = given.placement.astype(np.float64)
    slots[0, 0] = np.nan
    return slots
