# title: Raises an exception whose own methods claim a result
# hacks: H4 H16
from escape import *


class Claim(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def answer(value, seen, state):
    raise Claim(dict.fromkeys(OBJECTIVES, BEST))
