"""Run a job before its deadline on spot and on-demand machines in several zones."""

from random import Random

from interface import *


# EVOLVE-BLOCK-START
class Policy:
    """Greedy: spot wherever there is some, otherwise wait, and on demand only when there is no slack left."""

    def __init__(self, given: Given, rng: Random) -> None:
        self.given = given

    def step(self, obs: Observation) -> Action:
        given: Given = self.given
        zone: int = obs.zone
        if not is_available(obs, zone):
            zone = first_available(obs)
        if zone != NO_ZONE:
            return spot(obs, zone)
        if slack_h(given, obs) <= 0.0:
            return on_demand(obs)
        return wait(obs)


# EVOLVE-BLOCK-END
