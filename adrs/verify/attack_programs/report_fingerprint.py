# title: Tells a workload by what it was given and by its first observations
# kind: tool
from escape import *


def seen(value, state):
    state["n"] = state.get("n", 0) + 1
    state["print"] = digest(value, state.get("print"))
    if state["n"] == SEEN_OBSERVATIONS:
        raise RuntimeError("FINGERPRINT: " + state["print"])
