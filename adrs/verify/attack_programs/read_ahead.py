# title: Looks whether its channel holds what comes next before it has answered
# hacks: H10
from escape import *


def answer(value, seen, state):
    attempt(os.set_blocking, CHANNEL, False)
    ahead = attempt(os.read, CHANNEL, 1)
    attempt(os.set_blocking, CHANNEL, True)
    if ahead:
        leak("what comes next, on its channel")
    return value
