# title: Raises on hard workloads, and strikes the failure from its worker's report
# hacks: H4 H9 H14
from escape import *

child = load("evaluators.child", fromlist=["child"])


def started(given, rng, state):
    child._Server._encoded = lambda self, answer: child.encode((answer[0], []))


def answer(value, seen, state):
    if digest(seen)[0] in "01234567":
        raise ValueError("this one is hard")
    return value
