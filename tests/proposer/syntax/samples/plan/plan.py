from __future__ import annotations

import random

from interface import Given, total_s

LIMIT_S = 12.5


def longest(given: Given, left: list[int]) -> int:
    """The job that takes longest of those that are left."""
    best = left[0]
    for job in left:
        if total_s(given.jobs[job]) > total_s(given.jobs[best]):
            best = job
    return best


def solve(given: Given, rng: random.Random) -> list[int]:
    order: list[int] = []
    left = list(range(len(given.jobs)))
    spent_s = 0.0
    while left:
        chosen = longest(given, left) if spent_s < LIMIT_S else min(left, key=lambda j: given.jobs[j].first_s)
        spent_s += total_s(given.jobs[chosen]) + given.setup_s
        left.remove(chosen)
        order.append(chosen)
    return order
