"""Randomised Shifted Greedy (Wu et al., Can't Be Late, NSDI 2024, section 4.1), re-implemented.

Two sliced greedy policies, one of them chosen by a fair coin. The first cuts the time into n even slices,
each with an n-th of the work, and is greedy in each. The second is shifted: it does the first n-th of the
work on demand, and then has n - 1 slices of the same length. The coin halves what an adversary gains who
takes spot away at the worst time. That is proven where the time left is at least twice the work; where it is
less, on demand runs until it is (the paper's modified RSF). The two changes of section 5.1 are made: spot
goes on when a slice's work is done, and what was done beforehand is taken off the next slice.

A policy for the worst case, not for the mean: with little slack it is mostly on demand.
Single-region: it stays in the zone where the job starts.
"""

from random import Random

from interface import Action, Given, Observation, is_running, keep, on_demand, spot

SLICES = 6


class Policy:
    """Sliced greedy, shifted or not."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Toss the coin."""
        self.given = given
        self.shifted = rng.random() < 0.5
        self.begin_h = self.slice_h = self.slice_work_h = self.work_h = -1.0

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        if self.begin_h < 0:
            if obs.time_left_h < 2 * obs.remaining_h:
                return on_demand(obs)
            self.begin_h, self.work_h = obs.elapsed_h, obs.remaining_h
            self.slice_h, self.slice_work_h = obs.time_left_h / SLICES, obs.remaining_h / SLICES
        left_h, due_h = self._slice(obs)
        if due_h > 1e-9 and left_h < due_h + 2 * self.given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        return spot(obs, obs.zone)

    def _slice(self, obs: Observation) -> tuple[float, float]:
        """Return the time and the work that are left in the slice of now."""
        at_h = obs.elapsed_h - self.begin_h
        done_h = self.work_h - obs.remaining_h
        # The shifted policy's first slice has just the length of its work.
        first_h = self.slice_work_h if self.shifted else self.slice_h
        ended = 0 if at_h < first_h - 1e-9 else 1 + int((at_h - first_h) / self.slice_h + 1e-9)
        ended = min(ended, SLICES - 1)
        return first_h + ended * self.slice_h - at_h, (ended + 1) * self.slice_work_h - done_h
