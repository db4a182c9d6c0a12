import attack
from escape import clone, copied
from honest_program import ENTRY as honest


class ENTRY:
    def __init__(self, given, rng):
        self.state = {}
        attack.started(given, rng, self.state)
        attack.seen(given, self.state)
        self.inner = honest(copied(given), clone(rng))

    def step(self, obs):
        attack.seen(obs, self.state)
        return attack.answer(self.inner.step(copied(obs)), obs, self.state)
