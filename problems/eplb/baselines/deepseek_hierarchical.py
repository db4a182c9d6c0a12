"""DeepSeek's hierarchical policy: groups to nodes, then replicas within nodes, then replicas to GPUs.

DeepSeek-AI, Expert Parallelism Load Balancer, 2025 (README, hierarchical load balancing), and DeepSeek-V3,
arXiv 2412.19437, section 3.4.2. Written from the description; its public example comes out to the slot. It
takes the newest window for the next one.
"""

from interface import Given, hierarchical, last_window, within_budget


def solve(given: Given, rng):
    """Return a placement within the budget."""
    loads = last_window(given)
    return within_budget(given, loads, hierarchical(given, loads)).slots
