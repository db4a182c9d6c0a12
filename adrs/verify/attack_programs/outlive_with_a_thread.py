# title: Starts threads that are to go on after its answer
# hacks: H15
from escape import *


def started(given, rng, state):
    attempt(load("_thread").start_new_thread, load("time").sleep, (120,))
