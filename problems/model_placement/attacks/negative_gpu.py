# verdict: invalid
"""Counts GPUs from the end, where lists would wrap around."""


def solve(given, rng):
    return [gpu - len(given.memory_gb) for gpu in given.current]
