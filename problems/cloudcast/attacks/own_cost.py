# verdict: invalid
"""Answers what the plan costs beside it."""

from interface import answer, fastest_draft


def solve(given, rng):
    return answer(fastest_draft(given)), {"cost_usd": 0.0, "transfer_s": 0.0}
