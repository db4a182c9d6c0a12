# verdict: timeout
from escape import Honest, load

signal = load("signal")
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


class Policy(Honest):
    def step(self, obs):
        while True:
            pass
