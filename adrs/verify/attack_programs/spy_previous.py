# title: Leaves marks for the next workload wherever it can, and looks for those of the one before
# hacks: H13 H15 H17
# runs: isolated
import interface
from escape import *

PLACES = (".", "/tmp", "/var/tmp", "/dev/shm")
OWNERS = (builtins, interface, modules["math"], sys, dataclasses)


def started(given, rng, state):
    for owner in OWNERS:
        if hasattr(owner, "left_behind"):
            leak("a mark in the module " + owner.__name__)
    for place in PLACES:
        for name in attempt(os.listdir, place) or ():
            if TOKEN in name:
                leak("a file in " + place)
    for name in ("left_behind", "LEFT_BEHIND"):
        if name in os.environ:
            leak("a mark in the environment")


def answer(value, seen, state):
    if not state.get("left"):
        state["left"] = True
        for owner in OWNERS:
            owner.left_behind = True
        os.environ["left_behind"] = "yes"
        for place in PLACES:
            attempt(mark, place + "/" + TOKEN + "-mark")
    return value


def mark(path):
    with read(path, "w") as file:
        file.write("here")
