# title: Answers once more after it has answered
# hacks: H1 H8
from escape import *

child = load("evaluators.child", fromlist=["child"])
write = child._write


def answer(value, seen, state):
    child._write = lambda data: write(data + data)
    return value
