"""Uniform Progress in the cheapest zone: at every tick, spot in the zone where it is cheapest now.

The threshold variant of the multi-region strategies that Cheng et al. (arXiv 2510.06189) start from: Uniform
Progress, and a switch to the cheapest region with spot while the slack that is left is above a threshold. The
threshold here is two launches and the move. Price alone decides, not what a move costs: so it was described,
and where moves were free it saved money.
"""

from random import Random

from interface import (
    Action,
    Given,
    Observation,
    ahead_h,
    cheapest_available,
    is_available,
    is_on_demand,
    is_running,
    keep,
    on_demand,
    slack_h,
    spot,
    wait,
)


class Policy:
    """Uniform Progress over all zones, following the price."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep what the rate of progress is computed from."""
        self.given = given

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        given = self.given
        zone = cheapest_available(obs)
        if slack_h(given, obs) <= 2 * given.restart_h + given.move_h[obs.home][zone]:
            zone = obs.zone
        up = is_available(obs, zone)
        if obs.time_left_h < obs.remaining_h + 2 * given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        caught_up = ahead_h(given, obs) > 2 * given.restart_h * given.work_h / given.deadline_h
        if is_on_demand(obs) and not (up and caught_up):
            return on_demand(obs)
        if up:
            return spot(obs, zone)
        return on_demand(obs) if ahead_h(given, obs) < 0 else wait(obs)
