"""What a candidate, a model or a provider wrote is hostile text: cap it and strip it before it is shown."""

from __future__ import annotations

import unicodedata

_CUT = " [... cut]"
_INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def clean(text: str, limit: int) -> str:
    """Return text without control, format (bidirectional) and private characters, capped.

    Args:
        text: anything; tabs and newlines stay.
        limit: the most characters that are returned, the mark of a cut included.
    """
    head = text[: limit + 1].replace("\r\n", "\n")
    if head.replace("\n", "").replace("\t", "").isprintable():  # nearly all text is; this is 50 times faster
        kept = head
    else:
        kept = "".join(c for c in head if c in "\n\t" or unicodedata.category(c) not in _INVISIBLE)
    if len(text) <= limit:
        return kept
    return kept[: max(0, limit - len(_CUT))] + _CUT


def one_line(text: str, limit: int) -> str:
    """Return text as a single capped line: runs of white space become one space."""
    return clean(" ".join(text[: 8 * limit].split()), limit)
