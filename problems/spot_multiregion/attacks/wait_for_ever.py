# verdict: ok
# costs at least: baselines/on_demand.py
"""Never runs anything, in the hope that unfinished jobs are free: the safety net runs them on demand."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        return (0, 0)
