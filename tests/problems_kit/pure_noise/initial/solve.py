def solve(given, rng):
    return int(given.level * 3) + 1
