# verdict: invalid
"""Names the last zone from behind, as Python lists allow."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (2, -1)
