"""Numeric constants of a program, and the library tuner that owns them. Runs in a limited helper process.

A knob is a number in the editable part that is a quantity: every float, and whole numbers from 2 up that are
no position, no exponent and no number of turns. The search space has one dimension per knob: a number other
than 0 is multiplied by exp(x), so that it keeps its sign and scale, and 0.0 becomes x.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from adrs.proposer.evolve_block import regions

FloatArray = npt.NDArray[np.float64]

SIGMA = 0.4
"""How far the first candidates go: a typical constant is moved by half of itself."""

FURTHEST = 8.0
"""No constant moves beyond exp of this."""

FURTHER = 0.3
"""By how much of itself a step grows with every sample that was refused."""

MOST = 40
"""More knobs than this are not tuned together: those of the largest functions go first in source order."""

_COUNTING = frozenset(("range", "round", "enumerate", "islice"))


@dataclass(frozen=True)
class Knob:
    """One number of a file."""

    path: str
    start: int
    end: int
    value: float
    whole: bool
    negated: bool = False
    """Whether a minus stands before it, which is no part of it."""

    def at(self, x: float) -> float:
        """Return the number at a point of the search space."""
        x = max(-FURTHEST, min(FURTHEST, x))
        if self.value == 0:
            return x
        moved = self.value * math.exp(x)
        return float(max(2, round(moved))) if self.whole else moved

    def text(self, x: float) -> str:
        """Return the number at a point as it is written: four digits that count."""
        moved = self.at(x)
        return str(round(moved)) if self.whole else repr(float(f"{moved:.4g}"))

    def place(self, other: Knob) -> float:
        """Return the point at which the knob is another one; the nearest end where there is none."""
        value = other.value if other.negated == self.negated else -other.value
        if self.value == 0:
            return max(-FURTHEST, min(FURTHEST, value))
        ratio = value / self.value
        return max(-FURTHEST, min(FURTHEST, math.log(ratio))) if ratio > 0 else -FURTHEST


def knobs(files: Mapping[str, str], editable: Sequence[str]) -> list[Knob]:
    """Return the knobs of a program, in the order of its text.

    Args:
        files: text by name.
        editable: names of files that may change.

    Raises:
        SyntaxError: an editable file is not Python.
        ProgramError: its markers are not balanced.
    """
    found = [
        knob
        for path in editable
        if path in files and path.endswith(".py")
        for knob in _of_file(path, files[path])
    ]
    return found[:MOST]


def _of_file(path: str, text: str) -> Iterator[Knob]:
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = text.splitlines()
    open_parts = [(region.start, region.end) for region in regions(text)]
    for node in _quantities(ast.parse(text)):
        start = starts[node.lineno - 1] + _column(lines[node.lineno - 1], node.col_offset)
        end = starts[(node.end_lineno or 0) - 1] + _column(
            lines[(node.end_lineno or 0) - 1], node.end_col_offset or 0
        )
        if any(low <= start and end <= high for low, high in open_parts):
            value = node.value
            assert isinstance(value, int | float)  # noqa: S101  (all that _quantities yields)
            yield Knob(path, start, end, float(value), isinstance(value, int), text[:start].endswith("-"))


def _column(line: str, offset: int) -> int:
    """Return the place in the line of an offset that counts UTF-8 bytes."""
    return len(line.encode()[:offset].decode())


def _quantities(tree: ast.Module) -> list[ast.Constant]:
    """Return the constants that are quantities, in the order of the text."""
    barred: set[int] = set()
    for node in ast.walk(tree):
        for part in _no_quantities(node):
            barred.update(id(inner) for inner in ast.walk(part))
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and id(node) not in barred
        and (
            (type(node.value) is float and math.isfinite(node.value) and abs(node.value) < 1e100)
            or (type(node.value) is int and 2 <= node.value < 10**9)
        )
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _no_quantities(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node whose numbers are positions, exponents, counts of turns, or text."""
    if isinstance(node, ast.Subscript):
        return [node.slice]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift | ast.RShift):
        return [node.right]
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return list(node.args) if name in _COUNTING else []
    if isinstance(node, ast.JoinedStr):
        return list(node.values)
    return [annotation] if (annotation := getattr(node, "annotation", None)) is not None else []


def with_points(files: Mapping[str, str], found: Sequence[Knob], point: Sequence[float]) -> dict[str, str]:
    """Return the files with every knob at its coordinate."""
    changed = dict(files)
    for knob, x in sorted(zip(found, point, strict=True), key=lambda pair: -pair[0].start):
        text = changed[knob.path]
        changed[knob.path] = f"{text[: knob.start]}{knob.text(x)}{text[knob.end :]}"
    return changed


def tune_source(
    *,
    files: Mapping[str, str],
    editable: Sequence[str],
    history: Sequence[Mapping[str, Any]],
    seed: int,
    attempt: int = 0,
) -> dict[str, Any]:
    """Propose constants: the next sample of a CMA-ES that has seen what was tried before.

    The optimiser is rebuilt from the history at every call, generation by generation, so that it is a fold
    over recorded trials (N. Hansen, The CMA evolution strategy: a tutorial, 2016; the library is `cmaes`).

    Args:
        files: the program whose constants are tuned, text by name.
        editable: names of the files that may change.
        history: what was tried, oldest first: `{"files", "value"}`, where a larger value is better.
        seed: all randomness comes from it.
        attempt: how many samples for the same trial were refused, as a rule because they behave like what was
            tried: the next goes further from the mean.

    Returns:
        `{"files", "summary"}`, or `{"rejected": [kind, reason]}`.
    """
    try:
        found = knobs(files, editable)
    except SyntaxError:
        return {"rejected": ["bad_edit", "the program does not parse, so no constant of it can be tuned"]}
    if not found:
        return {"rejected": ["no_constants", "the program has no constant that is a quantity"]}
    tried = [(_point(found, entry["files"], editable), float(entry["value"])) for entry in history]
    point = _next([(at, value) for at, value in tried if at is not None], len(found), seed, attempt)
    changed = with_points(files, found, point)
    moves = [
        f"{knob.text(0.0)} -> {knob.text(x)}"
        for knob, x in zip(found, point, strict=True)
        if knob.text(0.0) != knob.text(x)
    ]
    return {
        "files": changed,
        "summary": f"constants: {', '.join(moves)}" if moves else "constants as they were",
    }


def _point(found: Sequence[Knob], files: Mapping[str, str], editable: Sequence[str]) -> FloatArray | None:
    """Return where an earlier program lies; None where it is not the same program but for its constants."""
    try:
        theirs = knobs(files, editable)
    except SyntaxError:
        return None
    if len(theirs) != len(found):
        return None
    return np.array([knob.place(other) for knob, other in zip(found, theirs, strict=True)])


def _next(tried: Sequence[tuple[FloatArray, float]], knobs_: int, seed: int, attempt: int) -> list[float]:
    from cmaes import CMA  # in the helper process alone

    dimensions = max(2, knobs_)  # the library needs two; the second of a single knob moves nothing
    optimiser = CMA(mean=np.zeros(dimensions), sigma=SIGMA, seed=seed % 2**32)
    size = optimiser.population_size
    for first in range(0, len(tried) - size + 1, size):
        batch = tried[first : first + size]
        optimiser.tell([(np.pad(at, (0, dimensions - knobs_)), -value) for at, value in batch])
    optimiser.reseed_rng(seed % 2**32)
    further = 1 + FURTHER * attempt
    return [float(x) for x in (optimiser.mean + further * (optimiser.ask() - optimiser.mean))[:knobs_]]
