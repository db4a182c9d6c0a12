"""On a small closed landscape, plain hill climbing with these edits finds what is missing."""

from __future__ import annotations

import random

from adrs.proposer.syntax.work import propose_source

INTERFACE = """
from typing import NamedTuple

class Given(NamedTuple):
    deadline_s: float

class Observation(NamedTuple):
    time_s: float
    up: bool
    price_usd: tuple[float, ...]
"""
POLICY = """
class Policy:
    def __init__(self, given, rng):
        self.given = given

    def step(self, obs):
        if obs.time_s > 10.0:
            return -1
        return 0
"""


def cost(text: str) -> float | None:
    """Three things are to be found: another threshold, a guard on `up`, and the cheapest position."""
    from collections import namedtuple

    given = namedtuple("Given", "deadline_s")(80.0)
    observed = namedtuple("Observation", "time_s up price_usd")
    names: dict[str, object] = {}
    exec(text, names)
    total, draw = 0.0, random.Random(1)
    try:
        policy = names["Policy"](given, None)
        for time_s in range(0, 100, 2):
            prices = tuple(draw.uniform(1, 9) for _ in range(3))
            up = draw.random() < 0.7
            answer = policy.step(observed(float(time_s), up, prices))
            if answer == -1:
                total += 5.0
            elif answer not in (0, 1, 2):
                return None
            else:
                total += prices[answer] if up and time_s <= 60 else 12.0
    except (TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, OverflowError):
        return None
    return total


def climb(seed: int, proposals: int) -> float:
    draw = random.Random(seed)
    best = [(cost(POLICY), POLICY)]
    for _ in range(proposals):
        parent = draw.choice(best)[1]
        donors = [{"policy.py": text} for _, text in best]
        answer = propose_source(
            files={"policy.py": parent},
            editable=["policy.py"],
            interface=INTERFACE,
            donors=donors,
            seed=draw.getrandbits(60),
        )
        value = cost(answer["text"]) if "text" in answer else None
        if value is not None and value not in [known for known, _ in best]:
            best = sorted([*best, (value, answer["text"])])[:5]
    return best[0][0]


def test_hill_climbing_finds_the_guard_the_threshold_and_the_position():
    start = cost(POLICY)
    threshold_and_guard = cost(POLICY.replace("obs.time_s > 10.0", "obs.time_s > 60.0 or not obs.up"))
    assert start - threshold_and_guard > 10
    found = [climb(seed, 300) for seed in range(4)]
    assert max(found) < start
    assert sorted(found)[1] < (start + threshold_and_guard) / 2, (start, threshold_and_guard, found)


def test_most_proposals_run():
    children = [
        propose_source(
            files={"policy.py": POLICY}, editable=["policy.py"], interface=INTERFACE, donors=[], seed=seed
        )
        for seed in range(200)
    ]
    run = sum("text" in child and cost(child["text"]) is not None for child in children)
    assert run >= 160
