# verdict: timeout
from escape import Honest


class Number(int):
    def __int__(self):
        while True:
            pass


class Policy(Honest):
    def step(self, obs):
        return Number(1)
