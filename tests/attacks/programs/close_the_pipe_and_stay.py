# verdict: output
from escape import CHANNEL, Honest, load, os


class Policy(Honest):
    def step(self, obs):
        os.close(CHANNEL)
        load("time").sleep(1000)
