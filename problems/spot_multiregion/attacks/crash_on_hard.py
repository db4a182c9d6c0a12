# verdict: exception
"""Raises where spot is rare, so that hard workloads would drop out of a careless mean."""

from interface import first_available, is_available, spot


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        if not any(obs.available):
            raise RuntimeError("hard")
        return spot(obs, obs.zone if is_available(obs, obs.zone) else first_available(obs))
