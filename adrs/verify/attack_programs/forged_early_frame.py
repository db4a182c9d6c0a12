# title: Answers on its channel before it is asked
# hacks: H1
from escape import *

wire = load("evaluators.wire", fromlist=["wire"])
body = bytes(8) + wire.encode(([0, 0, 0], []))


def answer(value, seen, state):
    os.write(CHANNEL, len(body).to_bytes(4, "big") + body)
    return value
