"""What can change a score, or a search, as one digest."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import adrs
from adrs import bundle
from adrs.errors import ProblemError
from adrs.plugins import registry

_NO_SCORE = frozenset({"problem.toml", "prompt.md", "tests", "attacks", "baselines", "docs", "runs"})
"""Names at the top of a problem's folder that no score depends on; `problem.toml` is digested by meaning."""

_SEARCHES = ("evaluation", "model", "proposer", "run", "search", "stats")
"""The packages of adrs that what a run does with a seed depends on."""


def problem_digest(folders: tuple[Path, ...], said: Mapping[str, Any]) -> str:
    """Return SHA-256 over everything that can change a score of a problem.

    Args:
        folders: the problem's own folder, then the one it extends; a file of the first hides the second's.
        said: what `problem.toml` says that matters, as plain JSON.

    Raises:
        ProblemError: a file cannot be read.
    """
    files: dict[str, Path] = {}
    for folder in reversed(folders):
        files |= {name: path for name, path in _files(folder) if _counts(name)}
    used = simulators_of([path for name, path in files.items() if name.endswith(".py")])
    parts = [json.dumps(said, sort_keys=True), library_digest(bundle.root(), used)]
    parts += [f"{name}\0{_digest(path)}" for name, path in sorted(files.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def evaluator_digest(evaluate: Path) -> str:
    """Return SHA-256 over the code that scores: `evaluate.py`, `evaluators/`, the simulators it imports."""
    parts = [_digest(evaluate), library_digest(bundle.root(), simulators_of([evaluate]))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def library_digest(root: Path, used: frozenset[str]) -> str:
    """Return SHA-256 over `evaluators/` and the used packages of `simulators/`, code and data."""
    names = ["evaluators", *(f"simulators/{name}" for name in sorted(used))]
    parts = [f"{name}/{inner}\0{_digest(path)}" for name in names for inner, path in _files(root / name)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def search_digest(strategy: str, proposer: str) -> str:
    """Return SHA-256 over the code that searches: what runs of other code did says nothing of it.

    Args:
        strategy: its name; of a plug-in's, the file that defines it counts.
        proposer: its name, likewise.

    Raises:
        ConfigError: there is no such strategy or proposer.
        ProblemError: a file cannot be read.
    """
    root = Path(adrs.__file__).parent
    parts = [f"{name}/{inner}\0{_digest(path)}" for name in _SEARCHES for inner, path in _files(root / name)]
    for found in (registry.strategy(strategy), registry.proposer(proposer)):
        file = Path(inspect.getfile(found))
        if not file.is_relative_to(root):
            parts.append(f"{found.__module__}\0{_digest(file)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def simulators_of(sources: Iterable[Path]) -> frozenset[str]:
    """Return the packages of `simulators/` that sources import, and those that these import in turn."""
    used: set[str] = set()
    waiting = list(sources)
    while waiting:
        for name in _imported(waiting.pop()) - used:
            used.add(name)
            folder = bundle.root() / "simulators" / name
            waiting += [path for _, path in _files(folder) if path.suffix == ".py"]
    return frozenset(used)


def _imported(source: Path) -> set[str]:
    try:
        tree = ast.parse(source.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()  # it is digested as it is, and refused where it is loaded
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("simulators.")}


def _counts(name: str) -> bool:
    top = name.split("/")[0]
    return top not in _NO_SCORE and not top.lower().startswith("readme")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file below a folder in a fixed order, but hidden ones and compiled code."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from ((f"{path.name}/{name}", found) for name, found in _files(path))
        elif path.is_file():
            yield path.name, path


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProblemError(f"{path} cannot be read: {error.strerror}.") from None
