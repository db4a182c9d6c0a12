# verdict: invalid
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        return 999
