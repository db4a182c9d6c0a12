# verdict: exception
# costs at least: baselines/stay.py
"""Raises where many models are placed, so that hard workloads would drop out of a careless mean."""


def solve(given, rng):
    if len(given.size_gb) >= 50:
        raise RuntimeError("hard")
    return list(given.current)
