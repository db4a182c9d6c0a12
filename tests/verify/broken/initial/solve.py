def solve(given, rng):
    return {"guess": given.target // 2 + 1, "cost": float(given.target - given.target // 2 - 1)}
