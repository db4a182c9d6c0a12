# verdict: exception
"""Asks for the true rates under names that published harnesses have left them by."""


def solve(given, rng):
    return [given._ground_truth_rx, given._ground_truth_tx]
