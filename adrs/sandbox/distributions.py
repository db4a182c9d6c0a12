"""Which files a declared third-party library consists of, so that nothing else of site-packages is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from adrs.errors import ProblemError


@dataclass(frozen=True)
class Libraries:
    """Some distributions and all that they require."""

    files: tuple[Path, ...]
    """Their top-level files and folders, such as `numpy`, `numpy.libs` and `numpy-2.0.dist-info`."""
    import_path: tuple[Path, ...]
    """The folders to put on `sys.path`."""


def resolve(names: Iterable[str]) -> Libraries:
    """Return the files of distributions and, transitively, of what they require (without extras).

    Raises:
        ProblemError: a distribution is not installed.
    """
    files: set[Path] = set()
    folders: list[Path] = []
    done: set[str] = set()
    waiting = [(name, True) for name in names]
    while waiting:
        name, asked_for = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
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
        files.update(_entries(distribution))
        folder = Path(str(distribution.locate_file(""))).resolve()
        if folder not in folders:
            folders.append(folder)
        waiting += [(required, False) for required in _requirements(distribution)]
    return Libraries(tuple(sorted(files)), tuple(folders))


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
    entries = set()
    for file in distribution.files or ():
        parts = Path(str(file)).parts
        if parts[0] in {"..", "__pycache__", "/"}:
            continue
        top = folder / parts[0]
        shared = top.is_dir() and top.suffix == "" and not (top / "__init__.py").exists() and len(parts) > 1
        entry = top / parts[1] if shared else top
        if entry.exists():
            entries.add(entry)
    return entries
