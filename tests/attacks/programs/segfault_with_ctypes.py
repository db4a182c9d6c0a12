# verdict: crash
from escape import Honest, load


class Policy(Honest):
    def step(self, obs):
        load("ctypes").string_at(0)
