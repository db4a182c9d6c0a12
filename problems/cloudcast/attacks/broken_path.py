# verdict: invalid
"""Enters every destination from the cheapest other one: nothing ever leaves the source."""


def solve(given, rng):
    size = len(given.cloud)
    edges = []
    for head in given.destinations:
        others = [region for region in given.destinations if region != head]
        tail = min(others, key=lambda region: given.price_usd_per_gb[region, head])
        edges.append(tail * size + head)
    return [edges] * given.partitions
