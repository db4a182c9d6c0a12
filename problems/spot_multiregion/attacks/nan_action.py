# verdict: invalid
"""Answers a kind that is not a number, in the hope that every comparison with it is false."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (float("nan"), 0)
