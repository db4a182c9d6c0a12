# verdict: invalid
# Answers a makespan of its own beside the order.
def solve(given, rng):
    return (0, list(range(len(given.transactions))))
