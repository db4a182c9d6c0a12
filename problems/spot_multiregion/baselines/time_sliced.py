"""Time Sliced (Wu et al., Can't Be Late, NSDI 2024, section 5.1), re-implemented from its description.

The time to the deadline is cut into even slices, and each slice has its share of the work. Within a slice the
policy is greedy: spot when there is some, otherwise wait. When the time left in the slice is less than its
remaining work and two launches, a running machine is not left, and where none runs, on demand runs until the
slice's work is done. Two changes that the section makes to the sliced greedy of its theory: spot goes on when
the slice's work is done, and what was done beforehand is taken off the next slice.

The paper picks the best number of slices for every case by trying. Here it follows from what is given, tuned
on the generator: up to six, as long as every slice has slack for three launches and a third.

Single-region: it stays in the zone where the job starts.
"""

from random import Random

from interface import Action, Given, Observation, done_h, is_running, keep, on_demand, spot

MOST_SLICES = 6
LAUNCHES_OF_SLACK = 10 / 3


class Policy:
    """Greedy in every slice."""

    def __init__(self, given: Given, rng: Random) -> None:
        """Choose the number of slices."""
        self.given = given
        slack_h = given.deadline_h - given.work_h
        fits = round(slack_h / given.restart_h / LAUNCHES_OF_SLACK)
        self.slices = max(1, min(MOST_SLICES, fits))
        self.slice_h = given.deadline_h / self.slices
        self.slice_work_h = given.work_h / self.slices

    def step(self, obs: Observation) -> Action:
        """Answer one tick."""
        ended = min(self.slices - 1, int(obs.elapsed_h / self.slice_h + 1e-9))
        left_h = (ended + 1) * self.slice_h - obs.elapsed_h
        due_h = (ended + 1) * self.slice_work_h - done_h(self.given, obs)
        if due_h > 1e-9 and left_h < due_h + 2 * self.given.restart_h:
            return keep(obs) if is_running(obs) else on_demand(obs)
        return spot(obs, obs.zone)
