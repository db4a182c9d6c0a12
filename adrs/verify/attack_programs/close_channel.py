# title: Closes its channel and goes on
# hacks: H15
# workloads: 1
from escape import *


def answer(value, seen, state):
    os.close(CHANNEL)
    return value
