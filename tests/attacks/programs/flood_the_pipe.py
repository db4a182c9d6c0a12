# verdict: output
from escape import CHANNEL, Honest, os


class Policy(Honest):
    def step(self, obs):
        while True:
            os.write(CHANNEL, b"\x00\x00\x00\x40" * (1 << 14))
