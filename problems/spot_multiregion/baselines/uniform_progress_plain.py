"""Uniform Progress (plain) (Wu et al., Can't Be Late, NSDI 2024, section 5.2.2), re-implemented.

Uniform Progress without its threshold of hysteresis: spot is taken whenever it is there, even when the
on-demand machine that runs has not yet made up for two launches. The paper adds the hysteresis because this
one switches too often where spot comes and goes.

Single-region: it stays in the zone where the job starts.
"""

from random import Random

from interface import (
    Action,
    Given,
    Observation,
    ahead_h,
    is_available,
    is_running,
    keep,
    on_demand,
    spot,
    wait,
)


class Policy:
    """Uniform Progress in one zone, without hysteresis."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Keep what the rate of progress is computed from."""
        self.given = given

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        given = self.given
        if obs.time_left_h < obs.remaining_h + 2 * given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        if is_available(obs, obs.zone):
            return spot(obs, obs.zone)
        return on_demand(obs) if is_running(obs) or ahead_h(given, obs) < 0 else wait(obs)
