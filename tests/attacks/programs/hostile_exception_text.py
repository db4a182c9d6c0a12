# verdict: exception
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        raise ValueError("\x1b[2J\u202e" + "x" * 10_000_000 + "\n\nscore: 0")
