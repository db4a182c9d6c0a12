# title: Reseeds and drains every generator of random numbers that it reaches
# hacks: H13
from escape import *

random = load("random")


def answer(value, seen, state):
    if state.get("done"):
        return value
    state["done"] = True
    rng = state["rng"]
    rng.seed(0)
    for _ in range(100):
        rng.random()
    old = random.getstate()
    random.seed(0)
    random.getrandbits(10_000)
    random.setstate(old)
    if (numpy := modules.get("numpy")) is not None:
        numpy.random.seed(0)
        numpy.random.random(100)
    return value


def started(given, rng, state):
    state["rng"] = rng
