# verdict: forbidden
"""Climbs from its own frame to the generator that holds the market."""


class Policy:
    def __init__(self, given, rng):
        pass

    def step(self, obs):
        try:
            raise ValueError
        except ValueError as error:
            frame = error.__traceback__.tb_frame
            return frame.f_back.f_locals["market"]
