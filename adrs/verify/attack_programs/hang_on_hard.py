# title: Works without end on the second workload that it gets
# hacks: H4 H15
# workloads: 2
# slow: yes
from escape import *


MET = []


def answer(value, seen, state):
    while state["hard"]:
        pass
    return value


def started(given, rng, state):
    MET.append(given)
    state["hard"] = len(MET) == 2
