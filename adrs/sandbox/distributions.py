"""Which files a declared third-party library consists of, so that nothing else of site-packages is shown."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from adrs.errors import ProblemError

EVALUATORS = ("numpy", "scipy")
"""What the evaluator of every problem may use."""


@dataclass(frozen=True)
class Part:
    """One installed distribution."""

    name: str
    """Normalized: lower case, with single hyphens."""
    version: str
    files: tuple[Path, ...]
    """Its top-level files and folders, such as `numpy`, `numpy.libs` and `numpy-2.0.dist-info`."""
    folder: Path
    """The folder to put on `sys.path`."""


@dataclass(frozen=True)
class Libraries:
    """Some distributions and all that they require, in the order they were found."""

    parts: tuple[Part, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Top-level files and folders of all of them."""
        return tuple(sorted({file for part in self.parts for file in part.files}))

    @property
    def import_path(self) -> tuple[Path, ...]:
        """The folders to put on `sys.path`."""
        return tuple(dict.fromkeys(part.folder for part in self.parts))

    @property
    def versions(self) -> dict[str, str]:
        """The version of every distribution, sorted by normalized name."""
        return {part.name: part.version for part in sorted(self.parts, key=lambda part: part.name)}


def resolve(names: Iterable[str]) -> Libraries:
    """Return the files of distributions and, transitively, of what they require (without extras).

    Raises:
        ProblemError: a distribution is not installed.
    """
    return _resolve(tuple(names))


@lru_cache(maxsize=32)
def _resolve(names: tuple[str, ...]) -> Libraries:
    parts: list[Part] = []
    done: set[str] = set()
    waiting = [(name, True) for name in names]
    while waiting:
        name, asked_for = waiting.pop()
        key = normalized(name)
        if key in done:
            continue
        done.add(key)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            if asked_for:
                raise ProblemError(
                    f"The problem's limits name the library {name!r}, which is not installed; "
                    f"install it with `pip install {name}` or take it out of `libraries`."
                ) from None
            continue
        folder = Path(str(distribution.locate_file(""))).resolve()
        parts.append(Part(key, distribution.version, tuple(sorted(_entries(distribution))), folder))
        waiting += [(required, False) for required in _requirements(distribution)]
    return Libraries(tuple(parts))


def normalized(name: str) -> str:
    """Return a distribution's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(distribution: metadata.Distribution) -> list[str]:
    found = []
    for line in distribution.requires or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.append(requirement.name)
    return found


def _entries(distribution: metadata.Distribution) -> set[Path]:
    """Top-level entries; of a namespace package, which others share, only what is this distribution's."""
    folder = Path(str(distribution.locate_file(""))).resolve()
    # `distribution.files` makes an object of every file, which takes 0.1 s for scipy.
    record = distribution.read_text("RECORD")
    listed = [row[0] for row in csv.reader((record or "").splitlines()) if row]
    seconds: dict[str, set[str]] = {}
    for name in listed or [str(file) for file in distribution.files or ()]:
        first, _, rest = name.partition("/")
        seconds.setdefault(first, set()).add(rest.partition("/")[0])
    entries: set[Path] = set()
    for first, inner in seconds.items():
        top = folder / first
        if first in {"", "..", "__pycache__"} or not top.exists():
            continue
        shared = top.is_dir() and not (top / "__init__.py").exists() and not _is_data(first)
        entries.update((top / each for each in inner) if shared else [top])
    return {entry for entry in entries if entry.exists()}


def _is_data(name: str) -> bool:
    """Whether a folder belongs to one distribution by its name: `numpy.libs`, `numpy-2.0.dist-info`."""
    return name.endswith((".libs", ".dist-info", ".data", ".egg-info"))
