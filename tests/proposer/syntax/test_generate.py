from __future__ import annotations

import random

import pytest

from adrs.proposer.syntax.generate import Generator
from adrs.proposer.syntax.index import Scope, index
from adrs.proposer.syntax.kinds import BOOL, INDEX, INT, Kind, fits, sequence
from adrs.proposer.syntax.source import Source, Splice, apply, fitted
from adrs.proposer.syntax.vocabulary import of_interface


def place(sample):
    found = sample.indexed()
    function = found.function("Policy.step")
    return found, next(s.scope for s in found.statements if s.scope.function is function)


def written(sample, kind, count=150):
    found, scope = place(sample)
    for seed in range(count):
        text = Generator(random.Random(seed), found, Scope(scope.function, scope.names)).of(kind)
        if text is not None:
            yield text


@pytest.mark.parametrize(
    "kind", [BOOL, INDEX, INT, Kind("float", "s"), Kind("float"), Kind("Action"), Kind("Machine")]
)
def test_what_is_written_is_of_the_kind(spot, kind):
    """Read back, every expression has the kind that was asked for, or at least no other one."""
    texts = set(written(spot, kind))
    assert len(texts) >= (3 if kind.name == "Machine" else 10)
    for text in texts:
        code = spot.files["policy.py"].replace("return Action(Machine.NONE, obs.zone)", f"return {text}")
        found = index("policy.py", code, of_interface(spot.interface))
        assert found.suspects == set(), text
        back = next(e for e in found.expressions if found.source.copy(e.node) == text)
        number = kind.numeric and back.kind.numeric and back.kind.unit in ("", kind.unit)
        assert fits(kind, back.kind.required()) or number, (text, back.kind)


def test_conditions_mind_units(spot):
    compared = [t for t in written(spot, BOOL, 400) if " < " in t or " > " in t]
    assert not any(
        "price_usd_per_h" in t and "elapsed_s" in t and " and " not in t and " or " not in t for t in compared
    )
    assert any("slack_s(self.given, obs)" in t for t in compared)


def test_the_best_position_is_among_what_can_be_said(spot):
    texts = list(written(spot, INDEX, 300))
    assert any(t.startswith("min((") and "if obs.available[" in t and "key=" in t for t in texts)


def test_lists_of_positions_are_reordered():
    text = "def f(cost: list[float]):\n    jobs = list(range(len(cost)))\n    return jobs\n"
    found = index("a.py", text, of_interface(""))
    scope = found.statements[-1].scope
    texts = {Generator(random.Random(seed), found, scope).of(sequence(INDEX)) for seed in range(60)}
    assert "sorted(jobs, key=lambda z: cost[z])" in texts
    assert "sorted(jobs, key=lambda z: -cost[z])" in texts


def test_splices_are_applied_by_position():
    assert apply("abcdef", [Splice(4, 5, "X"), Splice(0, 0, ">"), Splice(1, 3, "")]) == ">adXf"
    assert apply("abcdef", [Splice(0, 3, ""), Splice(2, 4, "")]) is None


def test_positions_count_characters_not_bytes():
    source = Source("x = 'é' + y\n")
    import ast

    node = ast.parse(source.text).body[0].value.right
    assert source.copy(node) == "y"
    assert source.text[slice(*source.span(node))] == "y"


@pytest.mark.parametrize(
    ("text", "into", "fits_as"),
    [
        ("a + b", "x * y", "(a + b)"),
        ("a * b", "x + y", "a * b"),
        ("a or b", "x and y", "(a or b)"),
        ("a if b else c", "x + y", "(a if b else c)"),
        ("a < b", "not x", "a < b"),
        ("a", "x ** y", "a"),
    ],
)
def test_parentheses_where_they_are_needed(text, into, fits_as):
    import ast

    assert fitted(text, ast.parse(into, mode="eval").body) == fits_as
