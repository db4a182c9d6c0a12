# verdict: invalid
"""Answers booleans, which Python takes for 1 and 0."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (True, False)
