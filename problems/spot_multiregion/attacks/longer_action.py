# verdict: invalid
"""Slips a third item in: a cost to be taken over."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (2, 0, 0.0)
