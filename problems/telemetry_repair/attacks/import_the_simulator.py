# verdict: forbidden
"""Imports the fault library, to draw the faults again and take them out."""

import numpy as np

from simulators.telemetry import inject


def solve(given, rng):
    return inject(np.random.default_rng(0), None, {"drop": 0.2})
