# verdict: invalid
"""Sends one partition only."""

from interface import answer, fastest_draft


def solve(given, rng):
    return answer(fastest_draft(given))[:1]
