# title: Knows the train workloads by heart, and says so where it meets one in another split or draw
# hacks: H10
# needs: fingerprints
# runs: other splits
from escape import *


def seen(value, state):
    state["n"] = state.get("n", 0) + 1
    state["print"] = digest(value, state.get("print"))
    if state["n"] == SEEN_OBSERVATIONS and state["print"] in KNOWN:
        leak("a workload of train came again")
