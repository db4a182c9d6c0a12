"""What the local model server answers: a valid edit of the program that it finds in the prompt.

Edits are the syntax proposer's; where it finds none, a number is changed. Programs are parsed here without
limits: those in a prompt have passed the gate, which parsed them in a limited process.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import dataclass

from adrs.errors import ProgramError
from adrs.proposer import evolve_block
from adrs.proposer.diffs import write_blocks
from adrs.proposer.syntax.work import propose_source

_PARENT = re.compile(
    r'<parent-(?P<mark>[0-9a-f]{16}) file="(?P<path>[^"\n]+)">\n(?P<text>.*?)\n</parent-(?P=mark)>', re.DOTALL
)
_INSPIRATION = re.compile(
    r'<inspiration-(?P<mark>[0-9a-f]{16}) file="(?P<path>[^"\n]+)">\n(?P<text>.*?)\n</inspiration-(?P=mark)>',
    re.DOTALL,
)
_INTERFACE = re.compile(r"^## interface\.py\n.*?^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```[^\n`]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CURRENT = re.compile(r"^#+ current (?:program|solution|component)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.\d+|\d+)(?![\w.])")
_FACTORS = (0.25, 0.5, 0.8, 0.9, 1.1, 1.25, 2.0, 4.0)


@dataclass(frozen=True)
class Found:
    """A program in a prompt."""

    path: str
    """Empty where the prompt names none."""
    text: str


def find_program(prompt: str) -> Found | None:
    """Return the program that a prompt asks to change, or None.

    It is the parent of one of our prompts; else, in a prompt of another tool, the fenced code block below a
    heading such as "Current program"; else the largest one.
    """
    ours = _PARENT.search(prompt)
    if ours is not None:
        return Found(ours["path"], ours["text"] + "\n")
    fences = [match for match in _FENCE.finditer(prompt) if "<<<<<<< SEARCH" not in match[1]]
    headings = [match.end() for match in _CURRENT.finditer(prompt)]
    below = [match for match in fences if headings and match.start() > headings[-1]]
    if below:
        return Found("", below[0][1])
    return Found("", max((match[1] for match in fences), key=len)) if fences else None


def find_others(prompt: str, found: Found) -> list[Found]:
    """Return the other programs of a prompt: inspirations of ours, else code blocks like the parent."""
    if _PARENT.search(prompt):
        return [Found(match["path"], match["text"] + "\n") for match in _INSPIRATION.finditer(prompt)]
    first = next((line for line in found.text.splitlines() if line.startswith(("def ", "class "))), None)
    fences = (match[1] for match in _FENCE.finditer(prompt))
    return [
        Found(found.path, text)
        for text in fences
        if first is not None and first in text and text != found.text
    ]


def answer(prompt: str, seed: int = 0) -> str:
    """Return an edit in the form that the prompt asks for; the same prompt and seed give the same answer."""
    found = find_program(prompt)
    if found is None:
        return "There is no program in the prompt, so there is nothing to change."
    changed, summary = edit(prompt, found, seed)
    return in_form(prompt, found, changed, summary)


def in_form(prompt: str, found: Found | None, program: str, summary: str) -> str:
    """Write a program as the prompt asks for it: search/replace, tagged, or whole in a fence."""
    if found is not None and "<<<<<<< SEARCH" in prompt:
        try:
            return f"{summary}\n\n{write_blocks(found.text, program, found.path)}\n"
        except ValueError:  # it is what the prompt shows already
            pass
    fenced = f"```python\n{program}```\n"
    if "<CODE>" in prompt:
        said = f"<NAME>\nedit\n</NAME>\n\n<DESCRIPTION>\n{summary}\n</DESCRIPTION>"
        return f"{said}\n\n<CODE>\n{fenced}</CODE>\n"
    head = f"{found.path}\n" if found is not None and found.path else ""
    return f"{summary}\n\n{head}{fenced}"


def edit(prompt: str, found: Found, seed: int) -> tuple[str, str]:
    """Return the program's new text, and one line that says what was changed."""
    digest = hashlib.sha256(f"{seed}/{prompt}".encode("utf-8", "replace")).digest()
    number = int.from_bytes(digest[:7])
    path = found.path or "program.py"
    interface = _INTERFACE.search(prompt)
    made = propose_source(
        files={path: found.text},
        editable=[path],
        interface=interface[1] if interface else "",
        donors=[{each.path or path: each.text} for each in find_others(prompt, found)],
        seed=number,
    )
    if "text" in made:
        return str(made["text"]), str(made["summary"])
    return change(found.text, random.Random(number)), "Try another constant."  # noqa: S311  (a test server's choice)


def change(text: str, rng: random.Random) -> str:
    """Return the text with one number of its editable regions changed, or a comment added."""
    try:
        regions = evolve_block.regions(text)
    except ProgramError:
        return text
    places = [
        match
        for region in regions
        for match in _NUMBER.finditer(text, region.start, region.end)
        if _is_code(text, match.start())
    ]
    if not places:
        end = regions[-1].end
        return f"{text[:end]}# variant {rng.randrange(10**9)}\n{text[end:]}"
    place = rng.choice(places)
    return text[: place.start()] + _other(place[0], rng) + text[place.end() :]


def _is_code(text: str, at: int) -> bool:
    """Whether a place is likely to be code: no quote and no comment sign before it on its line."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return not set(before) & set("#\"'")


def _other(literal: str, rng: random.Random) -> str:
    """Return a different number of the same type."""
    factor = rng.choice(_FACTORS)
    if "." in literal:
        value = round(float(literal) * factor, 6)
        return str(value if value != float(literal) else value + 0.5)
    value = round(int(literal) * factor)
    return str(value if value != int(literal) else value + rng.choice((1, 2, 3)))
