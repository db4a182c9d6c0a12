"""DeepSeek's global policy: replicas for the hottest, then each to the lightest GPU with room.

DeepSeek-AI, Expert Parallelism Load Balancer, 2025 (README, global load balancing). It takes the newest
window for the next one.
"""

from interface import Given, last_window, pack, replicate, within_budget


def solve(given: Given, rng):
    """Return a placement within the budget."""
    loads = last_window(given)
    return within_budget(given, loads, pack(given, loads, replicate(given, loads))).slots
