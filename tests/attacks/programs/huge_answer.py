# verdict: output
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        return [0] * 5_000_000
