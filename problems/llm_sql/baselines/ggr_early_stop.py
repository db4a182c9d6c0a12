"""Greedy Group Recursion with the stops of the published experiments.

Liu et al., Optimizing LLM Queries in Relational Data Analytics Workloads, MLSys 2025, as Cheng et al.,
Barbarians at the Gate, arXiv 2510.06189, call it: at most 4 row recursions and 2 column recursions, and no
group below 100,000 squared characters; statistics order for the rest.
"""

from interface import Given, characters, greedy_groups


def solve(given: Given, rng):
    """Return the plan of the recursion."""
    return greedy_groups(given, characters(given), 2.0, 4, 2, 100_000.0)
