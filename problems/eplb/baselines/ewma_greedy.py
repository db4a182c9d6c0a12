"""DeepSeek's global policy on an exponentially weighted mean of all windows.

DeepSeek-AI, Expert Parallelism Load Balancer, 2025, which recommends a moving average of historical
statistics as forecast; the weights are those of R. G. Brown, Exponential Smoothing for Predicting Demand,
1956. The newest window weighs 0.4.
"""

from interface import Given, ewma, pack, replicate, within_budget


def solve(given: Given, rng):
    """Return a placement within the budget."""
    loads = ewma(given, 0.4)
    return within_budget(given, loads, pack(given, loads, replicate(given, loads))).slots
