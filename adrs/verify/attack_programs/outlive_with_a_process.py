# title: Starts a process that is to live on after it
# hacks: H15
from escape import *


def started(given, rng, state):
    if attempt(os.fork) == 0:
        attempt(os.setsid)
        if attempt(os.fork) == 0:
            attempt(name_me)
            load("time").sleep(120)
        os._exit(0)


def name_me():
    with read("/proc/self/comm", "w") as file:
        file.write(TOKEN)
