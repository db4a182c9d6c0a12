# verdict: timeout
from escape import CHANNEL, Honest, load, os


class Policy(Honest):
    def step(self, obs):
        os.write(CHANNEL, (1 << 20).to_bytes(4, "big"))
        while True:
            load("time").sleep(0.05)
            os.write(CHANNEL, b"x")
