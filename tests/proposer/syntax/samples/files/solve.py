from interface import Given
from score import badness


def solve(given: Given, rng) -> list[int]:
    load = [0.0] * given.bins
    plan = [0] * len(given.sizes_mib)
    for item in sorted(range(len(given.sizes_mib)), key=lambda i: -given.sizes_mib[i]):
        size_mib = given.sizes_mib[item]
        target = min(range(given.bins), key=lambda b: badness(load[b], size_mib, given.capacity_mib))
        load[target] += size_mib
        plan[item] = target
    return plan
