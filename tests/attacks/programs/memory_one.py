# verdict: memory
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        return len("x" * (1 << 40))
