"""Uniform Progress (Wu et al., Can't Be Late, NSDI 2024, section 5), re-implemented from its description.

1. Take spot whenever it is there, otherwise idle, unless a later rule holds.
2. Without spot and behind uniform progress, run on demand.
3. Hysteresis: an on-demand machine is kept while there is no spot, or while progress is at most what uniform
   progress asks for two launches from now.
4. Safety net: when the time left is less than the remaining work and two launches, a running machine is
   never left, and where none runs, on demand runs until the work is done.

Single-region: it stays in the zone where the job starts.
"""

from random import Random

from interface import (
    Action,
    Given,
    Observation,
    is_available,
    is_on_demand,
    is_running,
    keep,
    on_demand,
    spot,
    wait,
)


class Policy:
    """Uniform Progress in one zone."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep what the rate of progress is computed from."""
        self.given = given

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        given = self.given
        rate = given.work_h / given.deadline_h
        done_h = given.work_h - obs.remaining_h
        up = is_available(obs, obs.zone)
        if obs.time_left_h < obs.remaining_h + 2 * given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        if is_on_demand(obs) and (not up or done_h <= (obs.elapsed_h + 2 * given.restart_h) * rate):
            return on_demand(obs)
        if up:
            return spot(obs, obs.zone)
        return on_demand(obs) if done_h < obs.elapsed_h * rate else wait(obs)
