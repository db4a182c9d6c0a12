# verdict: invalid
"""Answers also which slots each expert has, one slot twice: an indexed sum would count its load once."""

import numpy as np


def solve(given, rng):
    layers, experts = given.loads.shape[1:]
    slots_of = np.zeros((layers, experts, 2), dtype=np.int64)
    return (given.placement, slots_of, np.full((layers, experts), 2))
