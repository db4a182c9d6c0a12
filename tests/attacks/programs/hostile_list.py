# verdict: invalid
from escape import Honest


class Shapeless(list):
    def __len__(self):
        return 1 << 60

    def __iter__(self):
        return iter([object()])


class Policy(Honest):
    def step(self, obs):
        return Shapeless()
