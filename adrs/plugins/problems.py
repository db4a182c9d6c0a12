"""Problems by name or by path: `problem.toml` read, checked, and put together with what it extends."""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adrs.errors import ProblemError, ProgramError, did_you_mean
from adrs.model.problem import Baseline, Problem, ProblemSpec
from adrs.model.program import Program
from adrs.plugins import digest, registry
from adrs.plugins.validation import explain, read_toml

_FILE = "problem.toml"
_SCORING = {"params", "limits", "splits", "objective"}
"""Sections of `problem.toml` that can change a score."""


def find_problem(ref: str) -> Problem:
    """Return a problem by its id or by the path of its folder.

    Args:
        ref: the id of a bundled problem or of a plug-in's, or a path.

    Raises:
        ProblemError: there is no such problem, or its folder has a defect.
    """
    known = _known()
    if ref in known:
        return load_problem(known[ref])
    folder = Path(ref).expanduser()
    if (folder / _FILE).is_file():
        return load_problem(folder)
    if folder.name == _FILE and folder.is_file():
        return load_problem(folder.parent)
    if folder.is_dir():
        raise ProblemError(f"The folder {folder} has no {_FILE}, so it is not a problem.")
    if os.sep in ref:
        raise ProblemError(f"There is no folder {ref}; give a problem's id or the path of its folder.")
    raise ProblemError(
        f"There is no problem {ref!r}; `adrs problems` lists those that are here.{did_you_mean(ref, known)}"
    )


def list_problems() -> list[Problem]:
    """Return every problem that is known by name, sorted by id.

    Raises:
        ProblemError: one of them has a defect.
    """
    return [load_problem(folder) for _, folder in sorted(_known().items())]


def _known() -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for folder in registry.installed().problem_folders():
        folders.setdefault(folder.name, folder)
    return folders


def load_problem(folder: Path) -> Problem:
    """Return the problem of a folder.

    Raises:
        ProblemError: something in it is missing, broken or inconsistent.
    """
    folder = folder.resolve()
    raw = read_toml(folder / _FILE, ProblemError)
    base = None
    if isinstance(extends := raw.get("extends"), str):
        base = _find_base(folder, extends)
        raw = _merge(_read_base(base), raw)
    try:
        spec = ProblemSpec.model_validate(raw)
    except ValidationError as error:
        raise ProblemError(explain(error, str(folder / _FILE), ProblemSpec)) from None
    problem = Problem(spec=spec, folder=folder, base=base, digest="")
    _check_files(problem)
    said = spec.model_dump(mode="json", include=_SCORING)
    head = [spec.problem.id, spec.problem.entry, spec.problem.evaluator, spec.problem.editable]
    folders = (folder,) if base is None else (folder, base)
    return problem.model_copy(
        update={
            "digest": digest.problem_digest(folders, {**said, "problem": head}),
            "evaluator_digest": digest.evaluator_digest(problem.file("evaluate.py")),
        }
    )


def _find_base(folder: Path, name: str) -> Path:
    known = _known()
    sibling = folder.parent / name
    base = sibling if (sibling / _FILE).is_file() else known.get(name)
    if base is None or base.resolve() == folder:
        siblings = [path.parent.name for path in folder.parent.glob(f"*/{_FILE}")]
        raise ProblemError(
            f"{folder / _FILE}: it extends {name!r}, which is neither beside it nor bundled."
            f"{did_you_mean(name, {*siblings, *known} - {folder.name})}"
        )
    return base.resolve()


def _read_base(base: Path) -> dict[str, Any]:
    raw = read_toml(base / _FILE, ProblemError)
    if "extends" in raw:
        raise ProblemError(f"{base / _FILE} extends a problem itself; only one step is taken.")
    return raw


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Let own sections hide the base's; `[params]` and `[problem]` are merged key by key.

    The id, title and version must be the problem's own.
    """
    head = {
        key: value for key, value in _table(base, "problem").items() if key not in {"id", "title", "version"}
    }
    merged = {**base, **own}
    if isinstance(own.get("problem", {}), dict):
        merged["problem"] = {**head, **_table(own, "problem")}
    if isinstance(own.get("params", {}), dict):
        merged["params"] = _merge_tables(_table(base, "params"), _table(own, "params"))
    return merged


def _table(raw: dict[str, Any], name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _merge_tables(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merge_tables(base[key], value) if both else value
    return merged


def _check_files(problem: Problem) -> None:
    entry = f"initial/{problem.entry_file}"
    files = ["evaluate.py", "interface.py", entry]
    files += [f"initial/{name}" for name in problem.spec.problem.editable]
    files += [baseline.file for baseline in problem.spec.baseline if baseline.file is not None]
    for name in files:
        if not _inside(name):
            raise ProblemError(
                f"{problem.folder / _FILE}: {name!r} must be a path inside the problem's folder."
            )
        if not problem.file(name).is_file():
            raise ProblemError(f"{problem.folder / name} is missing; {_FILE} of {problem.id!r} needs it.")
    _check_defines(problem, "evaluate.py", problem.spec.problem.evaluator, "evaluator")
    _check_defines(problem, entry, problem.entry_name, "entry")


def _inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _check_defines(problem: Problem, name: str, wanted: str, key: str) -> None:
    path = problem.file(name)
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise ProblemError(f"{path}{line}: {error.msg}.") from None
    except ValueError as error:  # NUL bytes, in some releases of Python
        raise ProblemError(f"{path}: {error}.") from None
    defined = [name for statement in tree.body for name in _defined(statement)]
    if wanted not in defined:
        raise ProblemError(
            f"{path} does not define {wanted!r}, which {_FILE} names as its {key}."
            f"{did_you_mean(wanted, defined)}"
        )


def _defined(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return [name]
        case ast.ImportFrom(names=names):
            return [alias.asname or alias.name for alias in names]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def initial_program(problem: Problem) -> Program:
    """Return the program that a search starts from: every file of `initial/`.

    Raises:
        ProblemError: a file cannot be taken.
    """
    folder = problem.file("initial")
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(_is_hidden(part) for part in path.relative_to(folder).parts)
    ]
    return _program({path.relative_to(folder).as_posix(): path for path in paths}, problem)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__"


def baseline_program(problem: Problem, baseline: Baseline) -> Program:
    """Return a re-implemented baseline as a program: its file takes the place of the entry's.

    Raises:
        ProblemError: it is a cited number, or its file cannot be taken.
    """
    if baseline.file is None:
        raise ProblemError(f"The baseline {baseline.name!r} of {problem.id!r} is cited: it has no program.")
    return _program({problem.entry_file: problem.file(baseline.file)}, problem)


def _program(files: dict[str, Path], problem: Problem) -> Program:
    try:
        return Program.of({name: path.read_bytes() for name, path in files.items()})
    except OSError as error:
        raise ProblemError(f"{error.filename} of {problem.id!r} cannot be read: {error.strerror}.") from None
    except ProgramError as error:
        raise ProblemError(f"A program of {problem.id!r} cannot be taken: {error}") from None
