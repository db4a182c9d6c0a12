# title: Climbs from its own frame to whoever called it
# hacks: H7 H9
from escape import *


def answer(value, seen, state):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    while frame.f_back is not None:
        frame = frame.f_back
        if "workload" in frame.f_locals:
            leak("the workload in a frame")
    return value
