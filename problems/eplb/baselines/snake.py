"""Snake: replicas for the hottest experts, dealt to the GPUs by falling load, forth and back.

The order that Cheng et al., Barbarians at the Gate, arXiv 2510.06189 (2025), report for their evolved load
balancer; boustrophedon dealing is folklore. It takes the newest window for the next one.
"""

from interface import Given, last_window, replicate, snake, within_budget


def solve(given: Given, rng):
    """Return a placement within the budget."""
    loads = last_window(given)
    return within_budget(given, loads, snake(given, loads, replicate(given, loads))).slots
