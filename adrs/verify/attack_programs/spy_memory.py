# title: Looks for the evaluator, the workload or the truth in its memory, frames and garbage
# hacks: H7 H10
from escape import *

TRUSTED = ("problem", "simulators", "evaluators.contract", "evaluators.scoring", "evaluators.trusted", "adrs")


def look(state):
    for name in modules:
        if name in TRUSTED or name.startswith(("problem.", "simulators.", "adrs.")):
            leak("the module " + name)
    frame = getattr(sys, "_getfra" + "me")()
    while frame is not None:
        for name in ("workload", "workloads", "truth", "evaluator", "market", "case", "key"):
            if name in getattr(frame, "f_lo" + "cals"):
                leak("a frame that holds " + name)
        frame = getattr(frame, "f_ba" + "ck")
    for item in load("gc").get_objects():
        kind = type(item)
        if getattr(kind, "__module__", None) in TRUSTED:
            leak("an object of " + kind.__module__)
        if kind is bytes and KEY in item:
            leak("the key of the workloads")
        if (
            kind is dict
            and not state.get("own")
            and KEY.hex() in [v for v in item.values() if type(v) is str]
        ):
            leak("the key of the workloads")


def answer(value, seen, state):
    if not state.get("looked"):
        state["looked"] = True
        look(state)
    return value
