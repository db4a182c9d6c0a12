# verdict: crash
from escape import Honest, os


class Policy(Honest):
    def step(self, obs):
        os._exit(0)
