# verdict: forbidden
"""Imports the simulator to redraw the market, and with it the future."""

from random import Random

from simulators.spot import ZONES, draw_market


class Policy:
    def __init__(self, given, rng):
        zones = list(ZONES.values())[: len(given.region)]
        self.future = draw_market(Random(0), zones, 400, 720, given.on_demand_usd_per_h)

    def step(self, obs):
        return (0, 0)
