# verdict: memory
from escape import Honest

HELD = {}


class Policy(Honest):
    def step(self, obs):
        number = 0
        while True:
            HELD[number] = (number,)
            number += 1
