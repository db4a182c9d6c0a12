"""Reads what a model answered and applies it to a program: search/replace blocks, or whole files in fences.

Everything here works on text and parses nothing: what a model wrote is hostile, and parsers belong into a
limited child. All of it is a pure function of the answer's text, so that a recorded answer means the same
when it is read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adrs.errors import ProgramError
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.proposer import evolve_block
from adrs.proposer.blocks import FENCE, PATH, PATH_LINE, Block, opens_block, read_blocks
from adrs.proposer.contract import Rejected, editable_files
from adrs.proposer.matching import Span, find, nearest
from adrs.proposer.text import one_line

MAX_ANSWER_CHARS = 1 << 20
"""The longest answer that is read."""
MAX_DRAFTS = 8
"""The most fences of one answer that are tried as a program."""

_THINK = re.compile(r"^\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_THINK_OPEN = re.compile(r"^\s*<(think|thinking|reasoning)>")
_REFUSAL = re.compile(
    r"^\W*(i['\u2019]?m (very |really )?sorry|sorry|i can(['\u2019]?t|not)|i am (unable|sorry)|as an ai)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fence:
    """A fenced code block, with the file that it names, if any."""

    path: str | None
    text: str


@dataclass(frozen=True)
class Answer:
    """An answer as it was read: blocks, or else fences."""

    blocks: tuple[Block, ...]
    fences: tuple[Fence, ...]
    summary: str
    """The first line of prose, for people."""


@dataclass(frozen=True)
class Draft:
    """A program that an answer may stand for."""

    program: Program
    edit: str
    """`search_replace` or `rewrite`."""


def read_answer(text: str, entry: str) -> Answer:
    """Find the edit in a model's answer.

    Args:
        text: the whole answer.
        entry: name of the class or function that a program must define: an answer without any fence is
            taken as code only if it defines it.

    Raises:
        Rejected: `empty_answer`, `too_large`, `truncated`, `refused`, `no_code` or `bad_edit`.
    """
    if len(text) > MAX_ANSWER_CHARS:
        raise Rejected(
            "too_large", f"the answer has {len(text)} characters; at most {MAX_ANSWER_CHARS} are read"
        )
    text = _THINK.sub("", text.replace("\r\n", "\n"), count=1)
    if not text.strip():
        raise Rejected("empty_answer", "the model answered nothing")
    if _THINK_OPEN.match(text):
        raise Rejected("truncated", "the answer ends within its own reasoning")
    lines = text.split("\n")
    blocks = tuple(read_blocks(lines))
    fences = () if blocks else _fences(lines)
    if blocks or fences:
        return Answer(blocks, fences, _summary(lines))
    if re.search(rf"^(async )?(class|def) {re.escape(entry)}\b", text, re.MULTILINE):
        return Answer((), (Fence(None, text),), "")
    kind = "refused" if _REFUSAL.match(text) else "no_code"
    raise Rejected(kind, f"the answer holds no code: {one_line(text, 160)!r}")


def changeable(problem: Problem, program: Program) -> tuple[str, ...]:
    """Return the files of a program that it has and that may change."""
    held = dict(program.files)
    return tuple(name for name in editable_files(problem, program) if name in held)


def drafts(parent: Program, editable: Sequence[str], answer: Answer) -> tuple[Draft, ...]:
    """Return the programs that an answer may stand for, best first; only unnamed fences leave a choice.

    Raises:
        Rejected: `bad_edit` (a SEARCH that is missing or ambiguous, an unknown file), `outside`,
            `unchanged` or `bad_text`.
    """
    if answer.blocks:
        files = apply_blocks(parent, editable, answer.blocks)
        return (Draft(_checked(parent, files, editable), "search_replace"),)
    named = {path: f.text for f in answer.fences if (path := _known(f.path, editable)) is not None}
    if named:
        return (Draft(_rewritten(parent, editable, named), "rewrite"),)
    locked = next((f.path for f in answer.fences if f.path in dict(parent.files)), None)
    if locked is not None:
        raise Rejected("outside", f"{locked} may not be changed; editable: {', '.join(editable)}")
    if len(editable) != 1:
        raise Rejected(
            "bad_edit", f"no code block names a file; put one of {', '.join(editable)} above each code block"
        )
    return _choices(parent, editable, sorted(answer.fences, key=lambda fence: -len(fence.text)))


def _choices(parent: Program, editable: Sequence[str], fences: Sequence[Fence]) -> tuple[Draft, ...]:
    """Return a draft for every fence that makes one, or raise the largest fence's rejection."""
    found: list[Draft] = []
    first: Rejected | None = None
    for fence in fences[:MAX_DRAFTS]:
        try:
            found.append(Draft(_rewritten(parent, editable, {editable[0]: fence.text}), "rewrite"))
        except Rejected as rejection:
            first = first or rejection
    if not found and first is not None:
        raise first
    return tuple(found)


def apply_blocks(parent: Program, editable: Sequence[str], blocks: Sequence[Block]) -> dict[str, str]:
    """Apply search/replace blocks one after the other and return the text of all files.

    Raises:
        Rejected: `bad_edit` or `outside`.
    """
    files = dict(parent.files)
    for number, block in enumerate(blocks, 1):
        path, span, replacement = _place(files, editable, block, f"block {number} of {len(blocks)}")
        lines = files[path].split("\n")
        lines[span.start : span.end] = span.indented(replacement)
        files[path] = "\n".join(lines)
    return files


def _place(
    files: Mapping[str, str], editable: Sequence[str], block: Block, name: str
) -> tuple[str, Span, tuple[str, ...]]:
    """Return the file, the place in it and the new lines; of several dividers, the last that fits."""
    paths = _paths(files, editable, block, name)
    for divider in reversed(block.dividers):
        search, replacement = block.split(divider)
        found = [(path, span) for path in paths for span in _spans(files[path], search)]
        if len(found) == 1:
            return *found[0], replacement
        if found:
            places = ", ".join(f"{path} line {span.start + 1}" for path, span in found[:5])
            raise Rejected(
                "bad_edit",
                f"the SEARCH part of {name} matches {len(found)} places ({places}); add more lines to it",
            )
    search, _ = block.split(block.dividers[0])
    if not any(line.strip() for line in search):
        raise Rejected("bad_edit", f"{name} has an empty SEARCH part; copy the lines to replace into it")
    raise Rejected(
        "bad_edit",
        f"the SEARCH part of {name} matches nothing in {paths[0]}; {nearest(files[paths[0]], search)}",
    )


def _spans(text: str, search: Sequence[str]) -> Sequence[Span]:
    """Return where the lines are found; of several places, those in an editable region if there are any."""
    spans = find(text.split("\n"), search)
    if len(spans) < 2:
        return spans
    try:
        regions = evolve_block.regions(text)
    except ProgramError:
        return spans
    inside = [s for s in spans if any(r.first_line <= s.start + 1 and s.end <= r.last_line for r in regions)]
    return inside or spans


def _paths(files: Mapping[str, str], editable: Sequence[str], block: Block, name: str) -> Sequence[str]:
    if block.path is None:
        return editable
    known = _known(block.path, editable)
    if known is not None:
        return (known,)
    kind = "outside" if block.path in files else "bad_edit"
    raise Rejected(
        kind, f"{name} is for {one_line(block.path, 120)}; only {', '.join(editable)} may be changed"
    )


def _known(path: str | None, editable: Sequence[str]) -> str | None:
    """Return the editable file that a model means: by its path, or by the end of it where that is unique."""
    if path is None or path in editable:
        return path
    bare = path.removeprefix("./").removeprefix("/")
    ends = [
        known
        for known in editable
        if known.endswith("/" + bare) or bare.endswith("/" + known) or known == bare
    ]
    return ends[0] if len(ends) == 1 else None


def _rewritten(parent: Program, editable: Sequence[str], texts: Mapping[str, str]) -> Program:
    files = dict(parent.files)
    for path, text in texts.items():
        files[path] = _whole(files.get(path, ""), text)
    return _checked(parent, files, editable)


def _whole(original: str, text: str) -> str:
    """Return a whole file, also for what is only the content of its single editable region.

    The content alone is told from a file that lost its markers by the first locked line of code: a whole
    file holds it.
    """
    parts = evolve_block.locked(original)
    if len(parts) != 2 or not any(parts) or evolve_block.START in text:
        return text
    code = (line for line in "\n".join(parts).split("\n") if line.strip() and "EVOLVE-BLOCK-" not in line)
    first = next(code, None)
    if first is not None and first in text.split("\n"):
        return text
    return parts[0] + text.removesuffix("\n") + "\n" + parts[1]


def _checked(parent: Program, files: Mapping[str, str], editable: Sequence[str]) -> Program:
    try:
        program = Program.of(files)
    except ProgramError as error:
        raise Rejected("bad_text", one_line(str(error), 300)) from None
    if program.files == parent.files:
        raise Rejected("unchanged", "the edit leaves the program as it was")
    evolve_block.require_inside(parent, program, editable)
    return program


def _fences(lines: Sequence[str]) -> tuple[Fence, ...]:
    found: list[Fence] = []
    position = 0
    while position < len(lines):
        opened = FENCE.match(lines[position])
        if opened is None:
            position += 1
            continue
        end = next((i for i in range(position + 1, len(lines)) if _closes(lines[i], opened["fence"])), None)
        if end is None:
            if not found:
                raise Rejected("truncated", "the code block has no end")
            break
        body = lines[position + 1 : end]
        if any(line.strip() for line in body):
            path = _fence_path(lines, position, opened["info"], body[0])
            found.append(Fence(path, "\n".join(body) + "\n"))
        position = end + 1
    return tuple(found)


def _closes(line: str, mark: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(mark) and set(bare) == {mark[0]} and len(line) - len(line.lstrip()) <= 3


def _fence_path(lines: Sequence[str], position: int, info: str, first: str) -> str | None:
    if (named := PATH.search(info)) is not None:
        return named["path"]
    if position > 0 and (above := PATH_LINE.match(lines[position - 1])):
        return above["path"]
    comment = re.match(
        r"^\s*(?:#|//)\s*(?:file(?:name)?:?)?\s*(?P<path>[\w./-]+\.\w+)\s*$", first, re.IGNORECASE
    )
    return comment["path"] if comment else None


def _summary(lines: Sequence[str]) -> str:
    for line in lines[:40]:
        if FENCE.match(line) or opens_block(line):
            return ""
        if line.strip() and not PATH_LINE.match(line):
            return one_line(line.strip("#*-> \t"), 160)
    return ""
