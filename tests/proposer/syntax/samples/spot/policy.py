"""Greedy with first-available switching."""

from interface import Action, Given, Machine, Observation, slack_s


# EVOLVE-BLOCK-START
class Policy:
    """Spot where there is any, on-demand when time runs out."""

    def __init__(self, given: Given, rng) -> None:
        self.given = given
        self.margin_s = 2 * given.overhead_s  # what a restart costs, twice

    def step(self, obs: Observation) -> Action:
        # the deadline comes first
        if slack_s(self.given, obs) < self.margin_s:
            return Action(Machine.ON_DEMAND, obs.zone)
        for zone in range(len(obs.available)):
            if obs.available[zone]:
                return Action(Machine.SPOT, zone)  # the first one will do
        return Action(Machine.NONE, obs.zone)


# EVOLVE-BLOCK-END


def version() -> int:
    return 1
