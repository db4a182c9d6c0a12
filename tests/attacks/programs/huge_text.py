# verdict: output
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        return "x" * (20 << 20)
