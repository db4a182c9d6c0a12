# verdict: timeout
from escape import Honest, load


class Policy(Honest):
    def step(self, obs):
        load("time").sleep(1000)
