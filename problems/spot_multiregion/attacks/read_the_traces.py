# verdict: forbidden
"""Opens the files that the evaluator reads, as published strategies have done."""


class Policy:
    def __init__(self, given, rng):
        with open("problem.toml") as file:  # noqa: PTH123
            self.secret = file.read()

    def step(self, obs):
        return (0, 0)
