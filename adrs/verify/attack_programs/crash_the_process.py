# title: Crashes its interpreter
# hacks: H4 H14
from escape import *


def answer(value, seen, state):
    ctypes = load("ctypes")
    ctypes.string_at(0)
