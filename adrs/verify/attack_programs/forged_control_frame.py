# title: Writes the result that its worker would report on its channel
# hacks: H1 H8
from escape import *

body = b'{"ok": true, "results": [], "channel": "ok", "behaviour": "", "wall_s": 0.0}'


def answer(value, seen, state):
    os.write(CHANNEL, len(body).to_bytes(4, "big") + body)
    return value
