# verdict: invalid
"""Lets a model over several GPUs begin at the last GPU, so that part of it is nowhere."""


def solve(given, rng):
    place = list(given.current)
    wide = max(range(len(place)), key=lambda model: given.width[model])
    place[wide] = len(given.memory_gb) - 1
    return place if given.width[wide] > 1 else place[1:]
