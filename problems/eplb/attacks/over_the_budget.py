# verdict: invalid
"""Places everything anew whatever it costs."""

from interface import last_window, pack, replicate


def solve(given, rng):
    loads = last_window(given)
    slots = pack(given, loads, replicate(given, loads)).slots
    # One GPU further, so that nothing is where it was.
    return slots.reshape(len(slots), given.gpus, -1)[:, ::-1].reshape(slots.shape).copy()
