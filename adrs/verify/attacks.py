"""The attacks: cheating programs that fit any problem, made around its own initial program.

A generic attack is the honest initial program with a wrapper, so that the attack is the only difference.
Hand-written ones lie in `attack_programs/`, those that only change an answer in its `answers.toml`. Besides
them a problem has attacks of its own, in its folder `attacks/`, each with the verdict that it must get.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins.problems import initial_program

PROGRAMS = Path(__file__).with_name("attack_programs")
TOKEN = "adrs-attack"  # noqa: S105  (no secret)
"""Begins the mark on whatever an attack leaves: a file's name, a process's name."""
HACKS: Mapping[str, str] = {
    "H1": "return own metrics",
    "H2": "change what was given",
    "H3": "take more than was given",
    "H4": "raise on hard workloads",
    "H5": "own metrics and an empty answer",
    "H6": "the same value everywhere",
    "H7": "read the truth, leave hard outputs out",
    "H8": "print a metric",
    "H9": "write into the framework's state",
    "H10": "read the future or a data file",
    "H11": "duplicate or wrong ids",
    "H12": "broken structures",
    "H13": "reseed or drain shared generators",
    "H14": "a missing metric that counts as success",
    "H15": "outlive the timeout",
    "H16": "replace modules and classes",
    "H17": "write a file that is loaded as a result",
}
"""The hacks that were seen on published systems, by the number under which they are catalogued."""

Runs = Literal["grouped", "isolated", "other splits"]
_HELPERS = {"escape", "glue_plan", "glue_policy"}
_HONEST_FILE = "honest_program.py"
_CHANGES = {
    "whole": "    return {code}\n",
    "leaves": "    return leaves(value, lambda x: {code})\n",
    "floats": "    return leaves(value, lambda x: {code}, only=(float,))\n",
    "lists": "    return lists(value, lambda items: {code}, {least})\n",
    "source": "    pass\n\n\n{code}\n",
}


@dataclass(frozen=True)
class Attack:
    """One way to cheat."""

    name: str
    title: str
    source: str
    hacks: tuple[str, ...] = ()
    own: bool = False
    """Whether it is the problem's own: a whole program rather than a wrapper's part."""
    changes: bool = False
    """Whether it changes the honest answer, rather than doing something beside it."""
    runs: Runs = "grouped"
    workloads: int = 0
    """On how many it runs; 0 for all of the suite's."""
    slow: bool = False
    """Whether it runs into a time limit."""
    fingerprints: bool = False
    """Whether it must know the train workloads by heart."""
    verdict: str = ""
    """What one of the problem's own must get: `ok`, or the kind of a failure."""
    reference: str = ""
    """Of one of the problem's own: the file of an honest program that it may not be better than."""
    exact: bool = False
    """Whether it must score exactly as the reference does."""


@dataclass(frozen=True)
class Knowledge:
    """What an attack is told beyond what any candidate knows, to cheat with or to look for."""

    key: bytes
    """The key of its workloads, to look for; no honest road leads to it."""
    expensive: tuple[str, ...] = ()
    """Fingerprints of the workloads that cost the honest program most."""
    known: tuple[str, ...] = field(default=())
    """Fingerprints of all train workloads."""
    suite: str = ""
    """Tells what this suite's attacks leave from what those of another one do, at the same time."""


def generic_attacks() -> list[Attack]:
    """Return the attacks that fit any problem, in the order in which they are shown."""
    written = [_from_header(path) for path in sorted(PROGRAMS.glob("*.py")) if path.stem not in _HELPERS]
    return [*_changed_answers(), *(one for one in written if one is not None)]


def own_attacks(problem: Problem) -> list[Attack]:
    """Return the attacks that a problem brings, or those of the problem that it extends."""
    paths = sorted(problem.file("attacks").glob("*.py"))
    return [_own(path) for path in paths]


def mark_of(name: str, suite: str) -> str:
    """Return the mark on what an attack leaves: 15 characters, as many as the name of a process has."""
    digest = hashlib.sha256(f"{suite}/{name}".encode()).digest()
    return TOKEN + base64.b32encode(digest).decode().lower()[:4]


def program_of(attack: Attack, problem: Problem, knowledge: Knowledge) -> Program:
    """Return the program that carries out an attack on a problem."""
    initial = dict(initial_program(problem).files)
    if attack.own:
        return Program.of({**initial, problem.entry_file: attack.source})
    honest = initial.pop(problem.entry_file)
    form = "policy" if is_policy(problem) else "plan"
    glue = re.sub(r"\bENTRY\b", problem.entry_name, _text(f"glue_{form}.py"))
    settings = {
        "OBJECTIVES": tuple(objective.name for objective in problem.spec.objective),
        "BEST": problem.primary.sign * 1e9 if problem.primary.sign > 0 else 0.0,
        "TOKEN": mark_of(attack.name, knowledge.suite),
        "FOLDER": str(problem.folder),
        "KEY": knowledge.key,
        "EXPENSIVE": set(knowledge.expensive) or frozenset(),
        "KNOWN": set(knowledge.known) or frozenset(),
        "SEEN_OBSERVATIONS": 30 if is_policy(problem) else 1,
    }
    return Program.of(
        {
            **initial,
            problem.entry_file: glue,
            _HONEST_FILE: honest,
            "attack.py": attack.source,
            "escape.py": _text("escape.py"),
            "settings.py": "".join(f"{name} = {value!r}\n" for name, value in settings.items()),
        }
    )


def is_policy(problem: Problem) -> bool:
    """Return whether a problem's entry is a policy class rather than a plan function."""
    source = dict(initial_program(problem).files)[problem.entry_file]
    return re.search(rf"^class {re.escape(problem.entry_name)}\b", source, re.MULTILINE) is not None


def fingerprinting() -> Attack:
    """Return the tool with which attacks get to know workloads by heart."""
    return Attack("report_fingerprint", "", _text("report_fingerprint.py"))


@cache
def _text(name: str) -> str:
    return (PROGRAMS / name).read_text()


def _header(source: str) -> dict[str, str]:
    return dict(re.findall(r"^# ([a-z ]+): (.+)$", source, re.MULTILINE))


def _from_header(path: Path) -> Attack | None:
    source = path.read_text()
    said: dict[str, Any] = _header(source)
    if said.get("kind") == "tool":
        return None
    return Attack(
        name=path.stem,
        title=said["title"],
        source=source,
        hacks=tuple(said.get("hacks", "").split()),
        runs=said.get("runs", "grouped"),
        workloads=int(said.get("workloads", 0)),
        slow="slow" in said,
        fingerprints=said.get("needs") == "fingerprints",
    )


def _changed_answers() -> Iterator[Attack]:
    for how, rows in tomllib.loads(_text("answers.toml")).items():
        for name, row in rows.items():
            least = 3 if name == "gap_in_the_middle" else 2
            body = _CHANGES[how].format(code=row["code"], least=least)
            source = f"from escape import *\n\n\ndef answer(value, seen, state):\n{body}"
            yield Attack(name, row["title"], source, tuple(row["hacks"]), changes=True)


def _own(path: Path) -> Attack:
    source = path.read_text()
    said = _header(source)
    sentence = re.search(r'^"""(.+?)"""|^# ([A-Z].+)$', source, re.MULTILINE)
    title = next((part for part in sentence.groups() if part), "") if sentence else ""
    reference = said.get("scores as") or said.get("costs at least") or ""
    return Attack(
        name=path.stem,
        title=title.rstrip("."),
        source=source,
        hacks=tuple(said.get("hacks", "").split()),
        own=True,
        verdict=said.get("verdict", ""),
        reference=reference,
        exact="scores as" in said,
    )
