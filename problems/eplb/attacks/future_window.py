# verdict: exception
"""Asks for the window after the newest one."""

from interface import Loads, pack, replicate


def solve(given, rng):
    loads = Loads(given.loads[len(given.loads)].astype(float))
    return pack(given, loads, replicate(given, loads)).slots
