# verdict: invalid
# Answers an empty schedule together with a makespan of its own.
class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (0, [])
