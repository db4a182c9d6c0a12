# verdict: invalid
# Runs the shortest transaction many times, and never the long ones.
def solve(given, rng):
    every = range(len(given.transactions))
    return [min(every, key=lambda index: given.transactions[index][0])] * len(every)
