# verdict: invalid
# Answers False, which Python takes for 0.
class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return False
