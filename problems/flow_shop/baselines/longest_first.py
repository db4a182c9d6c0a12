"""Longest job first, by the time on both machines together.

The list-scheduling rule of E. G. Coffman, ed., Computer and Job-Shop Scheduling Theory, Wiley, 1976.
"""

from interface import Given


def solve(given: Given, rng):
    """Return the jobs by falling length."""
    jobs = range(len(given.first_s))
    return sorted(jobs, key=lambda job: -(given.first_s[job] + given.second_s[job]))
