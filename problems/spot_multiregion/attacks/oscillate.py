# verdict: ok
# costs at least: baselines/on_demand.py
"""Launches in another zone at every tick, to be dearer than the worst that a failure counts."""


class Policy:
    def __init__(self, given, rng):
        self.tick = 0

    def step(self, obs):
        self.tick += 1
        return (2, self.tick % len(obs.available))
