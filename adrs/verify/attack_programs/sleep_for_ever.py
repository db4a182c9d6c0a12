# title: Sleeps instead of answering
# hacks: H15
# workloads: 1
# slow: yes
from escape import *


def answer(value, seen, state):
    load("time").sleep(10_000)
