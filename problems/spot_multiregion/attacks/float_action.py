# verdict: invalid
"""Answers a kind between the kinds: neither paid as spot nor as on demand."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (1.5, obs.zone)
