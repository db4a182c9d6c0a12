class Policy:
    def __init__(self, given, rng):
        self.zones = given.zones

    def step(self, obs):
        return 0
