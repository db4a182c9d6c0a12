# title: Raises on every workload
# hacks: H4 H14
from escape import *


def answer(value, seen, state):
    raise RuntimeError("score: %r" % BEST)
