# verdict: ok
# scores as: baselines/greedy_switching.py
"""Prints what a careless harness would parse."""

from interface import first_available, is_available, spot

print("mean: 0.00; cost_usd: 0.0")


class Policy:
    cost_usd = 0.0

    def __init__(self, given, rng):
        pass

    def step(self, obs):
        print('{"cost_usd": 0.0}')
        return spot(obs, obs.zone if is_available(obs, obs.zone) else first_available(obs))
