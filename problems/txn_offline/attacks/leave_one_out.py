# verdict: invalid
# Leaves the longest transaction out.
def solve(given, rng):
    every = sorted(range(len(given.transactions)), key=lambda index: given.transactions[index][0])
    return every[:-1]
