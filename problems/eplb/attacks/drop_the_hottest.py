# verdict: invalid
"""Gives the hottest expert no slot, so that its load is nowhere."""


def solve(given, rng):
    slots = given.placement.copy()
    for layer, loads in zip(slots, given.loads[-1], strict=True):
        layer[layer == loads.argmax()] = loads.argmin()
    return slots
