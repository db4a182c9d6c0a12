def solve(given, rng):
    return 0.5 * given.a + 0.5 * given.b + 0.5 * given.c + 0.5 * given.d + 0.5 * given.e + 0.5 * given.f
