# verdict: invalid
"""Puts all models on one GPU, where memory would run below nothing and pressure below zero."""


def solve(given, rng):
    return [0] * len(given.size_gb)
