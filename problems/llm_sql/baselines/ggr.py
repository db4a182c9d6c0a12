"""Greedy Group Recursion (GGR) with functional dependencies, to the end.

Liu et al., Optimizing LLM Queries in Relational Data Analytics Workloads, MLSys 2025. Written from the
description: of all values the one with the largest squared length times (occurrences - 1), the squared
lengths of the columns that it implies added, comes first with its rows; then both parts recursively. Where
no value repeats, statistics order. Without early stops, which are there for larger tables.
"""

from interface import Given, characters, greedy_groups


def solve(given: Given, rng):
    """Return the plan of the recursion."""
    return greedy_groups(given, characters(given), 2.0)
