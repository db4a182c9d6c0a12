"""How a cell becomes tokens: a small tokenizer of our own, and the fixed line that a cell is written as.

A cell is the line `"column": "value"` and a line feed, both quoted as JSON strings. So the end of a value
cannot be forged by the value, and equal text means equal columns and values: JSON strings are prefix-free.

The tokenizer stands for a byte-pair encoding and needs no vocabulary: a token is up to six letters with the
blank before them, up to three digits, or any other single character. No token reaches over the quote or the
line feed that a line begins and ends with, so the tokens of a prompt are the tokens of its lines, one line
after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_PIECE = re.compile(r" ?[^\W\d_]{1,6}|\d{1,3}|.", re.DOTALL)


def pieces(text: str) -> list[str]:
    """Return the tokens of a text as text; joined they are the text again."""
    return _PIECE.findall(text)


def heading(column: str) -> str:
    """Return what every line of a column begins with."""
    return f'{json.dumps(column, ensure_ascii=False)}: "'


def line(column: str, value: str) -> str:
    """Return the line that a cell is written as."""
    return f"{json.dumps(column, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}\n"


def common_length(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how long the common beginning of two texts or sequences is."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
