"""A program: immutable source of one or more files, named by its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from adrs.errors import ProgramError

MAX_BYTES = 1 << 20
"""The largest program that is taken, over all of its files."""

_CODING_COOKIE = ("coding:", "coding=")
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_REFUSED = re.compile(f"[{_CONTROL}{_BIDIRECTIONAL}]")


@dataclass(frozen=True)
class Program:
    """Source code as it is gated, digested, shown and run: exactly these bytes.

    Build one with `Program.of`, which brings every file to the canonical form.
    """

    files: tuple[tuple[str, str], ...]
    """Pairs of relative POSIX path and text, sorted by path."""

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> Program:
        """Bring files to canonical form: UTF-8, LF, a final newline, no control characters.

        Raises:
            ProgramError: no file, a bad path, not UTF-8, a coding cookie, a control or
                bidirectional character, or more than `MAX_BYTES` in all.
        """
        if not files:
            raise ProgramError("A program needs at least one file; none was given.")
        canonical = tuple(sorted((_path(p), _text(p, t)) for p, t in files.items()))
        size = sum(len(text.encode()) for _, text in canonical)
        if size > MAX_BYTES:
            raise ProgramError(f"The program holds {size} bytes; at most {MAX_BYTES} are taken.")
        return cls(canonical)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of all files, as 64 hexadecimal digits."""
        canonical = json.dumps(self.files, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def text(self, path: str) -> str:
        """Return one file's text.

        Raises:
            ProgramError: the program has no such file.
        """
        for name, text in self.files:
            if name == path:
                return text
        names = ", ".join(name for name, _ in self.files)
        raise ProgramError(f"The program has no file {path!r}; it has: {names}.")

    def replace(self, path: str, text: str) -> Program:
        """Return a program with one file's text replaced, in canonical form."""
        return Program.of({**dict(self.files), path: text})


def _path(path: str) -> str:
    pure = PurePosixPath(path)
    plain = pure.name and not pure.is_absolute() and ".." not in pure.parts and str(pure) == path
    if not (plain and path.isprintable()):
        raise ProgramError(f"{path!r} is not a plain relative path; use one such as 'policy.py'.")
    return path


def _text(path: str, raw: str | bytes) -> str:
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        text.encode()
    except UnicodeError as error:
        raise ProgramError(f"{path} is not UTF-8 text: {error}.") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _REFUSED.search(text):
        number = text.count("\n", 0, found.start()) + 1
        raise ProgramError(
            f"{path}, line {number} holds the character U+{ord(found[0]):04X}; control and bidirectional "
            "characters are not taken."
        )
    for number, line in enumerate(text.split("\n", 2)[:2], 1):
        if line.lstrip().startswith("#") and any(cookie in line for cookie in _CODING_COOKIE):
            raise ProgramError(f"{path}, line {number} declares a coding; source is always UTF-8.")
    return text if text.endswith("\n") else text + "\n"
