# title: Raises where it judges a workload to be hard: every second one, by a digest of what it was given
# hacks: H4 H7
from escape import *


def answer(value, seen, state):
    if state["hard"]:
        raise ValueError("hard")
    return value


def started(given, rng, state):
    state["hard"] = int(digest(given, rng.random()), 16) % 2 == 0
