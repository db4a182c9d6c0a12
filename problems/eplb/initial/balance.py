"""Place the experts of a mixture-of-experts model on GPUs for the next window."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def solve(given: Given, rng: Random):
    """Give every expert equally many slots and deal them out; adopt as many layers as may be moved."""
    loads: Loads = last_window(given)
    replicas: Replicas = replicate_evenly(given, loads)
    placement: Placement = snake(given, loads, replicas)
    placement = within_budget(given, loads, placement)
    return placement.slots


# EVOLVE-BLOCK-END
