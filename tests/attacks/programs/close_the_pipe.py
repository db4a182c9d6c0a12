# verdict: crash
from escape import CHANNEL, Honest, os


class Policy(Honest):
    def step(self, obs):
        os.close(CHANNEL)
        return 1
