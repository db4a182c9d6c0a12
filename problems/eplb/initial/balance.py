"""Place the experts of a mixture-of-experts model on GPUs for the next window."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
def place(given: Given, rng: Random) -> Placement:
    """Give every expert equally many slots, and deal them out by falling load."""
    loads: Loads = last_window(given)
    replicas: Replicas = replicate_evenly(given, loads)
    placement: Placement = snake(given, loads, replicas)
    placement = within_budget(given, loads, placement)
    return placement


# EVOLVE-BLOCK-END


def solve(given: Given, rng: Random):
    """Return the slots; what does not fit the budget is cut down to it."""
    return within_budget(given, last_window(given), place(given, rng)).slots
