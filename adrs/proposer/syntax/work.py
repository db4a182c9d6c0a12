"""The worker's part: a pure function from programs and a seed to an edited program, plain JSON in and out."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adrs.model.normal_form import normal_form
from adrs.proposer.syntax.check import why_not
from adrs.proposer.syntax.edits import EDITS, Change, Context
from adrs.proposer.syntax.index import Function, Index, index
from adrs.proposer.syntax.source import apply
from adrs.proposer.syntax.vocabulary import of_interface

MAX_LINES = 400
MAX_CHARACTERS = 20_000
TRIES = 30
"""How many edits are tried before a proposal is given up."""

TRIES_OF_KNOWN = 60
"""How many edits may lead to what was proposed before, besides."""

KNOWN_DIGITS = 16
"""Digits of a normal form that are compared."""

_EXHAUSTED = 8
"""After so many edits to what was proposed before, one more is made together: the near ones are used up."""

MOST_TOGETHER = 6
"""Most edits of one proposal."""

_KNOWN = "proposed before"


@dataclass(frozen=True)
class Made:
    """What a proposal has become so far."""

    text: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    focus: Function | None = None


def propose_source(
    *,
    files: Mapping[str, str],
    editable: Sequence[str],
    interface: str,
    donors: Sequence[Mapping[str, str]],
    seed: int,
    weights: Mapping[str, float] | None = None,
    paired: float = 0.5,
    known: Sequence[str] = (),
    bolder: int = 0,
) -> dict[str, Any]:
    """Edit one of a program's files.

    Args:
        files: the parent, text by name.
        editable: names of the files that may change.
        interface: text of `interface.py`.
        donors: other programs, for recombination.
        seed: all randomness comes from it, whatever PYTHONHASHSEED is.
        weights: factors on the weights of edits, by name.
        paired: how often two or three edits are made together.
        known: the first `KNOWN_DIGITS` digits of normal forms that are not proposed again.
        bolder: how many edits more than usual are made together.

    Returns:
        `{"path", "text", "edit", "summary"}`, or `{"rejected": [kind, reason]}`.
    """
    rng = random.Random(seed)  # noqa: S311  (a search, not a secret)
    found = {name: _indexed(name, files[name], interface) for name in editable if name.endswith(".py")}
    parents = {name: entry for name, entry in found.items() if entry is not None and entry.editable_size}
    if not parents:
        return _rejected("bad_edit", "no editable file of the parent is Python that parses")
    path = rng.choices(list(parents), [entry.editable_size for entry in parents.values()])[0]
    parent = parents[path]
    others = [_indexed(path, donor[path], interface) for donor in donors if path in donor]
    second = [other for other in others if other is not None and other.source.text != parent.source.text]
    reasons: Counter[str] = Counter()
    before = frozenset(known)
    while reasons.total() - reasons[_KNOWN] < TRIES and reasons[_KNOWN] < TRIES_OF_KNOWN:
        count = _count(rng, paired) + bolder + reasons[_KNOWN] // _EXHAUSTED
        made = _edited(rng, parent, interface, second, weights or {}, min(count, MOST_TOGETHER))
        if made is None:
            reasons["nothing to edit"] += 1
            continue
        reason = why_not(parent, _indexed(path, made.text, interface), MAX_LINES, MAX_CHARACTERS)
        if reason is None and before and _form({**files, path: made.text}) in before:
            reason = _KNOWN
        if reason is None:
            return {
                "path": path,
                "text": made.text,
                "edit": "+".join(made.names),
                "summary": "; ".join(made.notes),
            }
        reasons[reason] += 1
    common = max(reasons, key=lambda reason: reasons[reason])
    return _rejected("unchanged", f"no edit of {path} led to a new program that holds together ({common})")


def _form(files: Mapping[str, str]) -> str:
    """Return the digits of a program's normal form; none where a file other than the edited one is broken."""
    try:
        return normal_form(files)[:KNOWN_DIGITS]
    except (SyntaxError, ValueError):
        return ""


def _rejected(kind: str, reason: str) -> dict[str, Any]:
    return {"rejected": [kind, reason]}


@lru_cache(maxsize=256)
def _indexed(path: str, text: str, interface: str) -> Index | None:
    return index(path, text, of_interface(interface))


def _count(rng: random.Random, paired: float) -> int:
    if rng.random() >= paired:
        return 1
    return 2 if rng.random() < 0.7 else 3


def _edited(
    rng: random.Random,
    parent: Index,
    interface: str,
    donors: Sequence[Index],
    weights: Mapping[str, float],
    count: int,
) -> Made | None:
    """Make some edits one after another; each sees what the one before it did."""
    made = Made(parent.source.text, (), ())
    current: Index | None = parent
    for _ in range(count):
        if current is None:
            return None
        step = _one(rng, current, donors, weights, made.focus)
        if step is None:
            return None
        name, change, focus = step
        text = apply(current.source.text, change.splices)
        if text is None:
            return None
        made = Made(text, (*made.names, name), (*made.notes, change.note), focus)
        if len(made.names) < count:
            current = _indexed(parent.path, text, interface)
    return made


def _one(
    rng: random.Random,
    current: Index,
    donors: Sequence[Index],
    weights: Mapping[str, float],
    focus: Function | None,
) -> tuple[str, Change, Function | None] | None:
    """Draw kinds of edits until one finds something to do."""
    crowded = current.editable_size > 0.85 * MAX_CHARACTERS or current.editable_lines > 0.85 * MAX_LINES
    names = [
        name for name, edit in EDITS.items() if (donors or not edit.crosses) and not (crowded and edit.grows)
    ]
    shares = [EDITS[name].weight * weights.get(name, 1.0) for name in names]
    for _ in range(8):
        name = rng.choices(names, shares)[0]
        context = Context(rng, current, donors, focus)
        change = EDITS[name].make(context)
        if change is not None:
            return name, change, context.touched[-1] if context.touched else None
    return None
