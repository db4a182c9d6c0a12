# verdict: exception
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        raise SystemExit(0)
