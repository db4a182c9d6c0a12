# verdict: output
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        value = 0
        for _ in range(100_000):
            value = [value]
        return value
