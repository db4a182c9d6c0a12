# verdict: invalid
# Counts from the end, which Python would allow.
class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return -1
