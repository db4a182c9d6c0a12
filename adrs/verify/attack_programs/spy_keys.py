# title: Guesses the keys of its random numbers and of the workload from what it observes
# hacks: H10 H13
from escape import *

random = load("random")
SMALL = {}
for number in range(4096):
    SMALL[random.Random(number).random()] = number


def started(given, rng, state):
    ahead = clone(rng)
    first = ahead.random()
    if first in SMALL:
        leak("its generator is seeded with %d" % SMALL[first])
    state["ahead"] = {first, *(ahead.random() for _ in range(255))}


def seen(value, state):
    for path, number in numbers(value):
        if type(number) is float and 0 < number < 1 and (number in SMALL or number in state["ahead"]):
            leak("a number that could be foretold: %s" % path)
