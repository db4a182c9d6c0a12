# title: Takes all the memory that there is
# hacks: H3
# workloads: 1
from escape import *


def answer(value, seen, state):
    kept = []
    while True:
        kept.append(bytearray(16 << 20))
