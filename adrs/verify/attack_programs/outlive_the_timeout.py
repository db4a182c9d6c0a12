# title: Ignores every signal and works on without end
# hacks: H15
# workloads: 1
# slow: yes
from escape import *

signal = load("signal")


def answer(value, seen, state):
    for number in range(1, 32):
        attempt(signal.signal, number, signal.SIG_IGN)
    while True:
        pass
