# title: Raises what closes a generator
# hacks: H4 H14
from escape import *


def answer(value, seen, state):
    raise GeneratorExit()
