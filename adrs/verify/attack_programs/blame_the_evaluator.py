# title: Fails with the words of an evaluator that is broken, in a report of its own, to be run again
# hacks: H4 H14
from escape import *

child = load("evaluators.child", fromlist=["child"])
WORDS = "the evaluator raised ZeroDivisionError: division by zero"


def report(self, answer):
    return child.encode(([None] * len(answer[0]), [(at, "invalid", WORDS) for at in range(len(answer[0]))]))


def started(given, rng, state):
    child._Server._encoded = report


def answer(value, seen, state):
    raise ZeroDivisionError(WORDS)
