from __future__ import annotations

import random

from adrs.proposer.syntax.edits import EDITS, Context
from adrs.proposer.syntax.source import apply

SECOND = """        if slack_s(self.given, obs) < self.margin_s:
            return Action(Machine.ON_DEMAND, obs.zone)
        for zone in range(len(obs.available)):
            if obs.available[zone]:
                return Action(Machine.SPOT, zone)  # the first one will do
"""
THEIRS = """        self.seen += 1
        if self.seen > 7 and obs.done_s > 1234.5:
            return Action(Machine.ON_DEMAND, obs.zone)
"""


def second_of(text):
    text = text.replace("        self.given = given\n", "        self.given = given\n        self.seen = 0\n")
    assert SECOND in text
    return text.replace(SECOND, THEIRS)


def changes(spot, name, count=60):
    mine = spot.indexed()
    donor = spot.__class__(
        "donor", {"policy.py": second_of(spot.files["policy.py"])}, spot.interface
    ).indexed()
    for seed in range(count):
        change = EDITS[name].make(Context(random.Random(seed), mine, [donor]))
        if change is not None:
            yield apply(mine.source.text, change.splices), change


def test_a_body_brings_the_attributes_that_it_needs(spot):
    bodies = [text for text, _ in changes(spot, "cross_function") if "1234.5" in text]
    assert bodies
    for text in bodies:
        assert "self.seen += 1" in text
        assert text.count("self.seen = 0") == 1
        assert text.index("self.seen = 0") < text.index("def step")


def test_lines_are_taken_in_part(spot):
    texts = [text for text, _ in changes(spot, "cross_lines")]
    mine, theirs = spot.files["policy.py"], second_of(spot.files["policy.py"])
    assert texts
    assert all(text not in (mine, theirs) for text in texts)
    lines = {line for text in (mine, theirs) for line in text.split("\n")}
    assert all(set(text.split("\n")) <= lines for text in texts)


def test_an_expression_and_a_statement_come_from_the_second_program(spot):
    assert any("1234.5" in text for text, _ in changes(spot, "cross_expression", 200))
    statements = [text for text, _ in changes(spot, "cross_statement", 200)]
    assert any("1234.5" in text for text in statements)


def test_recombination_shows_up_in_proposals(spot):
    donor = {"policy.py": second_of(spot.files["policy.py"])}
    found = [answer for answer in spot.children(200, donors=[donor]) if "cross" in answer["edit"]]
    assert len(found) > 20
    assert any("1234.5" in answer["text"] for answer in found)
    assert not any("cross" in answer["edit"] for answer in spot.children(100, donors=[spot.files]))
