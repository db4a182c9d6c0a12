# verdict: forbidden
import time


class Policy:
    def __init__(self, given, rng):
        self.began = time.time()

    def step(self, obs):
        return 1
