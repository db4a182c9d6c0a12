"""Longest processing time first: slots in proportion to load, each replica to the lightest GPU with room.

R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM Journal on Applied Mathematics 17(2), 1969;
slots by largest remainders (Hamilton's method). It takes the newest window for the next one.
"""

from interface import Given, last_window, pack, replicate_in_proportion, within_budget


def solve(given: Given, rng):
    """Return a placement within the budget."""
    loads = last_window(given)
    replicas = replicate_in_proportion(given, loads)
    return within_budget(given, loads, pack(given, loads, replicas)).slots
