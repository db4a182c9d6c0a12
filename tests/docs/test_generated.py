"""Pages that a command prints: they are of the problems, attacks and hacks that there are."""

import re
from itertools import takewhile
from pathlib import Path

import pytest

from adrs import bundle
from adrs.run.finish import CHAMPION, INITIAL
from adrs.verify.attacks import HACKS, generic_attacks

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = {path.parent.name for path in (bundle.root() / "problems").glob("*/problem.toml")}
pytestmark = pytest.mark.checkout


def page(name):
    return (ROOT / "docs" / "reference" / name).read_text()


def command(text):
    """Return the problems that the command of a page names."""
    [line] = re.findall(r"^adrs (?:attack|table) (.+)$", text, re.M)
    return [word for word in re.split(r" --| >", line)[0].split() if word]


def table(text, begins):
    """Return the rows of the first table whose heading begins so, as dicts by heading."""
    lines = text.partition(f"\n| {begins} |")
    heading, _, *rest = f"| {begins} |{lines[2]}".splitlines()
    rows = takewhile(lambda line: line.startswith("|"), rest)
    return [dict(zip(cells(heading), cells(row), strict=True)) for row in rows]


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def test_attacks_are_shown_of_every_bundled_problem():
    text = page("attacks.md")

    assert set(command(text)) == BUNDLED
    assert {row["problem"] for row in table(text, "problem | attacks")} == BUNDLED
    assert set(re.findall(r"^## Attacks that `(\w+)` brings$", text, re.M)) == BUNDLED


def test_every_generic_attack_has_a_row():
    rows = {row["attack"] for row in table(page("attacks.md"), "attack | what it does | hacks")}

    assert rows - {"honest_afterwards"} == {attack.name for attack in generic_attacks()}


def test_nothing_was_forged_leaked_or_left():
    text = page("attacks.md")

    for row in table(text, "problem | attacks"):
        assert {row[ending] for ending in ("FORGED", "LEAK", "SURVIVOR", "WRONG VERDICT")} == {"0"}
    assert "**" not in text.partition("## In short")[2]


def test_every_catalogued_hack_is_tried_on_every_problem_or_says_why_not():
    text = page("attacks.md")
    rows = table(text, f"problem | {next(iter(HACKS))}")

    assert {row["hack"] for row in table(text, "hack")} == set(HACKS)
    assert {row["problem"] for row in rows} == BUNDLED
    for row in rows:
        for hack in HACKS:
            if row[hack] == "none":
                assert f"- {hack} on `{row['problem']}` is not expressible: " in text
            else:
                assert int(row[hack]) > 0


def test_case_studies_are_of_bundled_problems_each_with_every_table():
    text = page("case-studies.md")
    sections = re.split(r"^## ", text, flags=re.M)[2:]

    assert [section.split("\n")[0] for section in sections] == command(text)
    assert set(command(text)) <= BUNDLED
    assert [row["problem"] for row in table(text, "problem")] == command(text)
    for section in sections:
        programs = table(section, "program")
        assert programs[0]["program"] == INITIAL
        assert f"**{CHAMPION}**" in {row["program"] for row in programs}
        assert {"seed 0", "seed 1", "seed 2"} <= set(programs[0])
        origins = table(section, "best found")[-1]
        assert all("300" in origins[f"seed {seed}"] for seed in range(3))
