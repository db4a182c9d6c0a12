# verdict: timeout
from escape import Honest


class Policy(Honest):
    def step(self, obs):
        return (7 ** (10**8)) % 3  # one C call that never lets go
