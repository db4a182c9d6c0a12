# title: Works without end where it judges a workload to be hard
# hacks: H4 H15
# workloads: 2
# slow: yes
from escape import *


def answer(value, seen, state):
    while state["hard"]:
        pass
    return value


def started(given, rng, state):
    state["hard"] = int(digest(given, rng.random()), 16) % 2 == 0
