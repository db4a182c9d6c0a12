"""Johnson's rule: optimal for two machines.

S. M. Johnson, Optimal two- and three-stage production schedules with setup times included, Naval Research
Logistics Quarterly 1(1), 1954. Jobs that are shorter on the first machine come first, by rising time there;
the others follow, by falling time on the second.
"""

from interface import Given


def solve(given: Given, rng):
    """Return an optimal order."""
    jobs = range(len(given.first_s))
    early = [job for job in jobs if given.first_s[job] < given.second_s[job]]
    late = [job for job in jobs if given.first_s[job] >= given.second_s[job]]
    early.sort(key=lambda job: given.first_s[job])
    late.sort(key=lambda job: -given.second_s[job])
    return early + late
