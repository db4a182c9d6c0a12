# verdict: invalid
"""Puts the busiest model on a GPU that does not exist."""


def solve(given, rng):
    place = list(given.current)
    busiest = max(range(len(place)), key=lambda model: given.rate_hz[model][-1])
    place[busiest] = len(given.memory_gb)
    return place
