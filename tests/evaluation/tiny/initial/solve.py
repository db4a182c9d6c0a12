def solve(given, rng):
    return given.target + 10
