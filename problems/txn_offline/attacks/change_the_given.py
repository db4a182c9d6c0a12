# verdict: ok
# scores as: baselines/arrival_order.py
# Empties the transactions that it was given: a copy.
def solve(given, rng):
    number = len(given.transactions)
    given = type(given)(())
    return list(range(number))
