# verdict: invalid
"""Answers nothing: neither a machine nor an idle tick."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return None
