from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adrs.model.normal_form import normal_form as whole_form
from adrs.proposer.evolve_block import locked_outside
from adrs.proposer.syntax.check import normal_form
from adrs.proposer.syntax.edits import EDITS
from adrs.proposer.syntax.index import index
from adrs.proposer.syntax.vocabulary import of_interface
from adrs.proposer.syntax.work import MAX_CHARACTERS, MAX_LINES, propose_source


def comments(text):
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(t.string for t in tokens if t.type == tokenize.COMMENT)


def test_every_proposal_parses_is_new_and_leaves_locked_bytes_alone(any_sample):
    proposed = list(any_sample.children(150))
    assert len(proposed) >= 148
    for answer in proposed:
        before, after = any_sample.files[answer["path"]], answer["text"]
        assert normal_form(ast.parse(after)) != normal_form(ast.parse(before))
        assert locked_outside(before, after)
        assert answer["edit"]
        assert "\n" not in answer["summary"]


def test_no_name_is_used_that_is_not_bound(any_sample):
    words = of_interface(any_sample.interface)
    for answer in any_sample.children(100):
        before = index(answer["path"], any_sample.files[answer["path"]], words)
        after = index(answer["path"], answer["text"], words)
        assert after.suspects <= before.suspects


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**62), which=st.sampled_from(["spot", "plan", "queue", "files"]))
def test_descendants_keep_all_of_it(samples, seed, which):
    current = samples[which]
    files, donors = dict(current.files), [dict(current.files)]
    for step in range(5):
        answer = current.propose(seed + step, files=files, donors=donors)
        if "rejected" in answer:
            continue
        assert locked_outside(files[answer["path"]], answer["text"])
        ast.parse(answer["text"])
        donors.append(dict(files))
        files[answer["path"]] = answer["text"]


def test_the_same_seed_gives_the_same_program(any_sample):
    for seed in range(20):
        assert any_sample.propose(seed) == any_sample.propose(seed)
    assert len({json.dumps(any_sample.propose(seed)) for seed in range(20)}) > 10


def test_a_warm_cache_changes_nothing(spot):
    import adrs.proposer.syntax.work as work

    warm = [spot.propose(seed) for seed in range(20)]
    cold = []
    for seed in range(20):
        work._indexed.cache_clear()
        cold.append(spot.propose(seed))
    assert warm == cold


def test_the_hash_seed_does_not_matter(spot):
    donor = next(spot.children(1))
    arguments = {"files": spot.files, "editable": ["policy.py"], "interface": spot.interface}
    arguments["donors"] = [{"policy.py": donor["text"]}]
    program = (
        "import json, sys\n"
        "from adrs.proposer.syntax.work import propose_source\n"
        "arguments = json.load(sys.stdin)\n"
        "print(json.dumps([propose_source(seed=seed, **arguments) for seed in range(80)]))\n"
    )
    root = Path(__file__).parents[3]
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            input=json.dumps(arguments),
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]


def test_comments_and_formatting_survive_edits_elsewhere(spot):
    everything = comments(spot.files["policy.py"])
    kept = [
        comments(answer["text"])
        for answer in spot.children(100, weights=dict.fromkeys(EDITS, 0) | {"number": 1})
    ]
    assert kept
    assert all(found == everything for found in kept)
    lines = spot.files["policy.py"].split("\n")
    for answer in spot.children(30, weights=dict.fromkeys(EDITS, 0) | {"number": 1}, paired=0.0):
        assert sum(a != b for a, b in zip(lines, answer["text"].split("\n"), strict=True)) == 1


@pytest.mark.parametrize("name", sorted(EDITS))
def test_every_edit_is_exercised(samples, name):
    alone = dict.fromkeys(EDITS, 0.0) | {name: 1.0}
    found = Counter()
    for current in samples.values():
        donors = [
            {**current.files, answer["path"]: answer["text"]} for answer in current.children(6, weights=None)
        ]
        for parent in (current.files, *donors[:2]):
            for answer in current.children(5, files=parent, donors=donors, weights=alone):
                found[answer["edit"].split("+")[0]] += 1
    assert set(found) == {name}


def test_edits_come_in_pairs(spot):
    counts = Counter(answer["edit"].count("+") + 1 for answer in spot.children(300))
    assert 0.35 < (counts[2] + counts[3]) / 300 < 0.65
    assert set(counts) == {1, 2, 3}
    assert all("+" not in answer["edit"] for answer in spot.children(50, paired=0.0))


def test_only_editable_files_are_edited(samples):
    files = samples["files"]
    paths = Counter(answer["path"] for answer in files.children(60))
    assert set(paths) == {"score.py", "solve.py"}
    assert {answer["path"] for answer in files.children(30, editable=["score.py"])} == {"score.py"}


def test_growth_is_capped(plan):
    body = "".join(f"    x{n} = {n} if {n} > 3 else 0\n" for n in range(MAX_LINES - 4))
    long = f"def solve(given, rng):\n{body}    return []\n"
    sizes = [
        answer["text"].count("\n")
        for answer in plan.children(40, files={"plan.py": long}, editable=["plan.py"])
    ]
    assert sizes
    assert max(sizes) <= MAX_LINES
    wide = f"def solve(given, rng):\n    x = {'1 + ' * (MAX_CHARACTERS // 4)}1\n    return x\n"
    for answer in plan.children(20, files={"plan.py": wide}, editable=["plan.py"]):
        assert len(answer["text"]) <= len(wide)


@pytest.mark.parametrize(
    "text",
    ["def solve(:\n", "# EVOLVE-BLOCK-START\nx = 1\n", "x = " + "(" * 500 + ")" * 500 + "\n", "\n"],
)
def test_a_parent_that_cannot_be_edited_is_rejected(text):
    answer = propose_source(files={"a.py": text}, editable=["a.py"], interface="", donors=[], seed=1)
    assert answer["rejected"][0] in ("bad_edit", "unchanged")


@pytest.mark.parametrize("literal", ["9" * 400, "1e999", "-1e308", "0x" + "f" * 300, "1e-320", "1j", "..."])
def test_numbers_at_the_edge_do_no_harm(literal):
    text = f"def solve(given, rng, a_s: float):\n    return {literal} if a_s < {literal} else a_s\n"
    for seed in range(60):
        propose_source(
            files={"a.py": text}, editable=["a.py"], interface=f"X_S = {literal}\n", donors=[], seed=seed
        )


def test_odd_layouts_do_no_harm():
    text = (
        "class P:\n\tdef __init__(self, given): self.a = 1; self.b = 2\n"
        '\tdef step(self, obs):\n\t\tif obs: return (1,\n  2)\n\t\tx = """a\n b"""; y = 3 \\\n + 4\n'
        "\t\tfor i in range(y): y += i; continue\n\t\treturn [x,  # one\n y]\n"
    )
    found = [
        propose_source(
            files={"a.py": text}, editable=["a.py"], interface="", donors=[{"a.py": text + "z = 1\n"}], seed=s
        )
        for s in range(150)
    ]
    assert sum("text" in answer for answer in found) > 140
    for answer in found:
        ast.parse(answer.get("text", ""))


def test_an_interface_that_does_not_parse_is_done_without(spot):
    answer = propose_source(
        files=spot.files, editable=["policy.py"], interface="class (:\n", donors=[], seed=3
    )
    assert "text" in answer


def test_a_donor_that_does_not_parse_is_left_out(spot):
    assert "text" in spot.propose(5, donors=[{"policy.py": "def ("}, {"other.py": "x = 1\n"}])


def test_what_was_proposed_before_is_not_proposed_again(samples):
    current = samples["plan"]
    arguments = {
        "files": dict(current.files),
        "editable": list(current.files),
        "interface": current.interface,
    }
    forms = []
    for seed in range(120):
        answer = propose_source(**arguments, donors=[], seed=seed, known=[form[:16] for form in forms])
        assert "rejected" not in answer
        forms.append(whole_form({**current.files, answer["path"]: answer["text"]}))
    assert len(set(forms)) == len(forms)
    plain = [propose_source(**arguments, donors=[], seed=seed) for seed in range(120)]
    met = [whole_form({**current.files, answer["path"]: answer["text"]}) for answer in plain]
    assert len(set(met)) < len(met), "without a memory some come again"


def test_where_everything_near_is_known_more_edits_are_made_together():
    tiny = {"files": {"p.py": "def f(x):\n    return x + 3\n"}, "editable": ["p.py"], "interface": ""}
    known, edits = set(), []
    for seed in range(60):
        answer = propose_source(**tiny, donors=[], seed=seed, paired=0.0, known=sorted(known))
        if "rejected" in answer:
            continue
        known.add(whole_form({"p.py": answer["text"]})[:16])
        edits.append(answer["edit"].count("+") + 1)
    assert edits[0] == 1
    assert max(edits) > 1
    assert len(known) == len(edits)


def test_bolder_proposals_make_more_edits_together(samples):
    current = samples["spot"]
    counts = []
    for bolder in (0, 3):
        answers = [current.propose(seed, paired=0.0, bolder=bolder) for seed in range(30)]
        made = [answer["edit"].count("+") + 1 for answer in answers if "edit" in answer]
        counts.append(set(made))
    assert counts == [{1}, {4}]
