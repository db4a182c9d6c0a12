# verdict: invalid
"""Takes the cheapest spot price whether there is a machine at it or not."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (1, obs.spot_usd_per_h.index(min(obs.spot_usd_per_h)))
