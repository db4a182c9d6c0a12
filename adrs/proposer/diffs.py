"""Writes a change as search/replace blocks that `adrs.proposer.edits` applies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from adrs.model.program import Program
from adrs.proposer.blocks import is_marker, read_blocks
from adrs.proposer.contract import Rejected
from adrs.proposer.edits import apply_blocks

Hunk = tuple[int, int, int, int]
"""Lines `[0]` up to `[1]` of the old text become lines `[2]` up to `[3]` of the new one."""


def write_blocks(before: str, after: str, path: str = "") -> str:
    """Write the change from one text to another as search/replace blocks.

    Each block holds as much context as it needs to apply: two lines, then more, at last the whole text.

    Args:
        before: text of a file in a program's canonical form.
        after: what it becomes, in canonical form too.
        path: the file's path, put above each block where it is given.

    Raises:
        ValueError: the texts are equal, nothing but blank, or hold lines that look like a marker of a block.
    """
    old, new = before.split("\n"), after.split("\n")
    if before == after or any(is_marker(line) for line in (*old, *new)):
        raise ValueError("the texts are equal, or a line of them looks like a search/replace marker")
    changes = [
        c[1:] for c in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if c[0] != "equal"
    ]
    name = path or "program.py"
    parent = Program(((name, before),))
    for context in (2, 6, 20, max(len(old), len(new))):
        blocks = [_block(path, old[a:b], new[c:d]) for a, b, c, d in _merged(changes, context, len(old))]
        text = "\n\n".join(blocks)
        try:
            applied = apply_blocks(parent, [name], tuple(read_blocks(text.split("\n"))))
        except Rejected:
            continue
        if applied[name] == after:
            return text
    raise ValueError("the text is too blank to be searched for")


def _merged(changes: Sequence[Hunk], context: int, length: int) -> Iterator[Hunk]:
    """Yield the changes with lines of context around them, joined where they meet."""
    pending: Hunk | None = None
    for a, b, c, d in changes:
        before, after = min(context, a), min(context, length - b)
        hunk = (a - before, b + after, c - before, d + after)
        if pending is not None and hunk[0] <= pending[1]:
            pending = (pending[0], hunk[1], pending[2], hunk[3])
            continue
        if pending is not None:
            yield pending
        pending = hunk
    if pending is not None:
        yield pending


def _block(path: str, search: Sequence[str], replace: Sequence[str]) -> str:
    head = [path] if path else []
    return "\n".join([*head, "<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"])
