"""Huber least squares on flow conservation, by reweighting.

P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35(1), 1964, with
k = 1.345; iteratively reweighted least squares as in Holland and Welsch, Robust Regression Using Iteratively
Reweighted Least-Squares, Communications in Statistics A6, 1977. Both counters of every flow and the counters
at the edge are observations with noise in proportion to the rate; conservation holds exactly.
"""

import math

import numpy as np
from interface import Estimate, Given, answer, edge_rates, fit, sure

K = 1.345
ROUNDS = 30


def solve(given: Given, rng):
    """Return the fit; confidence is the chance that its error is within the tolerance."""
    peer = np.array(given.peer)
    entering, leaving = edge_rates(given)
    edge = np.array([*entering, *leaving])
    tx, rx = np.array(given.tx_mbps), np.array(given.rx_mbps)[peer]
    first, second = np.concatenate((tx, edge)), np.concatenate((rx, edge))
    x = 0.5 * (first + second)
    for _ in range(ROUNDS):
        scale = given.noise_share / math.sqrt(3.0) * np.maximum(np.abs(x), given.floor_mbps)
        weights = [weight((each - x) / scale) for each in (first, second)]
        total = weights[0] + weights[1]
        mean = (weights[0] * first + weights[1] * second) / total
        # An edge counter stands in both lists and is one observation.
        observed = np.where(np.arange(len(x)) < len(tx), total, 0.5 * total)
        x, deviation = fit(given, mean, scale / np.sqrt(observed))
    pairs = zip(np.maximum(x, 0.0).tolist(), deviation.tolist(), strict=True)
    estimates = [Estimate(mbps, sure(given, mbps, sd)) for mbps, sd in pairs]
    return answer(given, estimates[: len(tx)])


def weight(residual):
    """Return Huber's weight of a residual in standard deviations."""
    return np.minimum(1.0, K / np.maximum(np.abs(residual), 1e-12))
