# verdict: invalid
"""Answers twice as many slots as there are."""

import numpy as np


def solve(given, rng):
    return np.concatenate((given.placement, given.placement), axis=1)
