# verdict: invalid
"""Runs on demand in a zone that does not exist, where nothing is billed."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (2, len(obs.available))
