"""Earliest start first: of the pending transactions, the one that could start first; the older of equals.

List scheduling by earliest start (R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM Journal on
Applied Mathematics 17(2), 1969). The transaction papers do not compare with it, and it is simple.
"""

from random import Random

from interface import Given, Index, Observation, earliest_start


class Policy:
    """Take what could start first."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Nothing is needed."""

    def step(self, obs: Observation) -> Index:
        """Return the one that would start first."""
        return earliest_start(obs)
