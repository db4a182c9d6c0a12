from __future__ import annotations

import random

import pytest

from adrs.proposer.syntax.edits import EDITS, Context
from adrs.proposer.syntax.index import index
from adrs.proposer.syntax.source import apply
from adrs.proposer.syntax.vocabulary import of_interface


def outcomes(name, text, interface="", count=40, path="policy.py"):
    found = index(path, text, of_interface(interface))
    results = set()
    for seed in range(count):
        change = EDITS[name].make(Context(random.Random(seed), found))
        if change is not None:
            results.add(apply(text, change.splices))
    return results


def body(*lines):
    return "def f(a_s: float, b_s: float, flags: list[bool]):\n" + "".join(f"    {line}\n" for line in lines)


def test_number_touches_nothing_else():
    for text in outcomes("number", body("return a_s * 3.0  # é")):
        assert text.startswith(body("return a_s * ")[:-1])
        assert text.endswith("  # é\n")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("comparison", "return a_s < b_s", "return a_s > b_s"),
        ("negate", "return 1 if a_s < b_s else 2", "return 1 if not a_s < b_s else 2"),
        ("negate", "return 1 if not flags else 2", "return 1 if flags else 2"),
        ("weaken", "return a_s < 1 and b_s < 2", "return b_s < 2"),
        ("weaken", "return a_s < 1 and b_s < 2", "return a_s < 1 or b_s < 2"),
        ("name", "return a_s", "return b_s"),
        ("hoist", "return max(a_s, b_s)", "return b_s"),
        ("branches", "return 1 if a_s else 2", "return 2 if a_s else 1"),
    ],
)
def test_simple_edits(name, before, after):
    assert body(after) in outcomes(name, body(before))


def test_a_statement_goes_with_its_line_and_a_comment_stays():
    text = body("a_s += 1", "b_s += 1  # why", "return a_s")
    results = outcomes("remove", text)
    assert body("b_s += 1  # why", "return a_s") in results
    assert any("# why" in r and "b_s += 1" not in r for r in results)


def test_the_only_statement_of_a_block_becomes_pass():
    text = body("if a_s > 1:", "    a_s = 1", "return a_s")
    assert body("if a_s > 1:", "    pass", "return a_s") in outcomes("remove", text)
    assert body("a_s = 1", "return a_s") in outcomes("remove", text)


def test_only_statements_whose_order_can_matter_are_moved():
    assert body("b_s = a_s", "a_s = 2", "return b_s") in outcomes(
        "move", body("a_s = 2", "b_s = a_s", "return b_s")
    )
    assert not outcomes("move", body("a_s = 2", "b_s = 3", "return flags"))


def test_swapped_branches_keep_their_comments():
    text = body("if a_s > 1:", "    return 1  # one", "else:", "    return 2  # two")
    swapped = body("if a_s > 1:", "    return 2  # two", "else:", "    return 1  # one")
    assert swapped in outcomes("branches", text)


def test_a_guard_is_indented_and_uses_what_the_function_returns():
    text = body("for flag in flags:", "    if flag:", "        return a_s", "return b_s")
    results = outcomes("guard", text, count=200)
    assert any("        if " in r and "continue\n" in r for r in results)
    assert all("return None" not in r for r in results)
    for result in results:
        compile(result, "f", "exec")


def test_order_sorts_what_a_loop_goes_through():
    results = outcomes(
        "order", "def f(cost: list[float]):\n    for i in range(len(cost)):\n        return i\n", count=60
    )
    assert any("for i in sorted(range(len(cost)), key=lambda i: cost[i]):" in r for r in results)


def test_best_replaces_first():
    text = "def f(ok: list[bool], cost: list[float]):\n"
    text += "    return next((z for z in range(len(ok)) if ok[z]), 0)\n"
    results = outcomes("best", text, count=60)
    assert any(
        "min((z for z in range(len(ok)) if ok[z]), key=lambda z: cost[z], default=0)" in r for r in results
    )


def test_memory_is_set_up_kept_and_used(spot):
    results = outcomes("memory", spot.files["policy.py"], spot.interface, count=100)
    assert len(results) > 10
    for text in results:
        init, step = text.split("def step")
        assert init.count("self.m0 = ") == 1
        assert step.count("self.m0") >= 2
        compile(text, "policy.py", "exec")


def test_what_is_missing_is_imported_where_that_may_be_edited(spot):
    text = spot.files["policy.py"].replace("# EVOLVE-BLOCK-START\n", "").replace("# EVOLVE-BLOCK-END\n", "")
    results = outcomes("guard", text, spot.interface, count=300)
    using = [r for r in results if "progress(" in r.split("class Policy")[1]]
    assert using
    assert all("slack_s, progress\n" in r or ", progress" in r.split("class Policy")[0] for r in using)
    locked = outcomes("guard", spot.files["policy.py"], spot.interface, count=300)
    assert not any("progress(" in r for r in locked)


def test_what_is_given_is_kept_on_self_when_it_is_needed(spot):
    text = spot.files["policy.py"].replace("        self.given = given\n", "")
    text = text.replace("slack_s(self.given, obs)", "obs.done_s")
    results = [r for r in outcomes("guard", text, spot.interface, count=200) if "self.given." in r]
    assert results
    assert all(r.count("self.given = given\n") == 1 for r in results)
