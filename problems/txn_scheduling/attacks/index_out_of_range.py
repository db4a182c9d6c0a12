# verdict: invalid
# Chooses a place beyond the pending ones, as if a transaction stood there that costs nothing.
class Policy:
    def __init__(self, given, rng):
        self.pool = given.pool

    def step(self, obs):
        return len(obs.pending) if obs.left < self.pool else 0
