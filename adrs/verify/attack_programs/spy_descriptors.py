# title: Looks for open descriptors besides its channel
# hacks: H10
from escape import *


def started(given, rng, state):
    null = os.stat("/dev/null").st_rdev
    for number in range(256):
        found = attempt(os.fstat, number)
        if found is not None and number != CHANNEL and found.st_rdev != null:
            leak("the open descriptor %d" % number)
