# verdict: ok
from escape import Honest, os, sys

for _ in range(200):
    os.write(1, b"x" * (1 << 20))
    os.write(2, b"x" * (1 << 20))
    print("x" * 100_000, flush=True)
    print("x" * 100_000, file=sys.stderr, flush=True)


class Policy(Honest):
    def step(self, obs):
        print("score: 0.0")
        return super().step(obs)
