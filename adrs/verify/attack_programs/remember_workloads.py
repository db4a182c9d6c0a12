# title: Keeps what it saw of one workload, to know it again in the next; alone with each it finds nothing
# hacks: H10
# runs: isolated
from escape import *

MET = []


def started(given, rng, state):
    if MET:
        leak("what an earlier workload left in memory")
    MET.append(given)
