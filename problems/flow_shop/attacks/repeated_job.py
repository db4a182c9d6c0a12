# verdict: invalid
# Orders the shortest job many times, and never the long ones.
from interface import Given


def solve(given: Given, rng):
    shortest = min(range(len(given.first_s)), key=lambda job: given.first_s[job] + given.second_s[job])
    return [shortest] * len(given.first_s)
