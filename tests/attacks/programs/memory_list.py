# verdict: memory
from escape import Honest

HELD = []


class Policy(Honest):
    def step(self, obs):
        while True:
            HELD.append(bytearray(1 << 16))
