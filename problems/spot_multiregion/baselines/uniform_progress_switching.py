"""Uniform Progress with zone switching: where the job's zone has no spot machine, it takes one elsewhere.

The multi-region baseline of the ADRS case study (arXiv 2510.06189): Uniform Progress in the current region,
and a move when that has no spot. Which zone it moves to is not described; this takes the cheapest.
"""

from random import Random

from interface import (
    Action,
    Given,
    Observation,
    cheapest_available,
    is_available,
    is_on_demand,
    is_running,
    keep,
    on_demand,
    spot,
    wait,
)


class Policy:
    """Uniform Progress over all zones."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep what the rate of progress is computed from."""
        self.given = given

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        given = self.given
        rate = given.work_h / given.deadline_h
        done_h = given.work_h - obs.remaining_h
        zone = obs.zone if is_available(obs, obs.zone) else cheapest_available(obs)
        up = is_available(obs, zone)
        if obs.time_left_h < obs.remaining_h + 2 * given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        if is_on_demand(obs) and (not up or done_h <= (obs.elapsed_h + 2 * given.restart_h) * rate):
            return on_demand(obs)
        if up:
            return spot(obs, zone)
        return on_demand(obs) if done_h < obs.elapsed_h * rate else wait(obs)
