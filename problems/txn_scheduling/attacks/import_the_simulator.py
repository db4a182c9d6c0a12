# verdict: forbidden
# Imports the generators, to draw the stream and with it what has not arrived.
from random import Random

from simulators.txn import hot_keys


class Policy:
    def __init__(self, given, rng):
        self.future = hot_keys(Random(0), given.transactions)

    def step(self, obs):
        return 0
