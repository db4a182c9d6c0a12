# title: Raises what a person would cause
# hacks: H4 H14
from escape import *


def answer(value, seen, state):
    raise KeyboardInterrupt()
