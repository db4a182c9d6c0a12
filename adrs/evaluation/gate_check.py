"""What the static gate looks at. Runs in a limited helper: parsers crash and hang on hostile text.

A filter that saves time, never the boundary: the sandbox holds whatever passes.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from adrs.model.normal_form import normal_form

_FORBIDDEN_NAMES = frozenset(
    "__builtins__ __import__ __loader__ __spec__ breakpoint compile eval exec exit globals help input locals "  # noqa: SIM905
    "open quit vars".split()
)
_FORBIDDEN_ATTRIBUTES = frozenset(
    "__bases__ __builtins__ __closure__ __code__ __globals__ __import__ __loader__ __mro__ __spec__ "  # noqa: SIM905
    "__subclasses__ ag_frame cr_frame f_back f_builtins f_globals f_locals gi_frame tb_frame".split()
)

_SHOWN_CHARS = 120


class _Forbidden(Exception):
    """The program holds something that it may not; the text says what and where."""


def check(
    files: Mapping[str, str], entry_file: str, entry_name: str, imports: Sequence[str]
) -> dict[str, str | None]:
    """Look at a program's source.

    Args:
        files: text by path.
        entry_file: the file that must define the entry.
        entry_name: the class or function that it must define.
        imports: modules that may be imported besides the program's own.

    Returns:
        `kind` (`syntax`, `forbidden` or None), `reason`, and `normal_form`: a digest that formatting,
        comments and docstrings do not change.
    """
    trees = {}
    for path, text in files.items():
        if not path.endswith(".py"):
            continue
        try:
            trees[path] = ast.parse(text, path)
            compile(trees[path], path, "exec", dont_inherit=True)
        except SyntaxError as error:
            return _verdict("syntax", f"{path}, line {error.lineno}: {error.msg}{_shown(text, error.lineno)}")
        except ValueError as error:
            return _verdict("syntax", f"{path}: {error}")
    if entry_file not in trees:
        return _verdict("syntax", f"the program has no file {entry_file}")
    if entry_name not in set(_defined(trees[entry_file].body)):
        return _verdict("syntax", f"{entry_file} does not define {entry_name}")
    own = {PurePosixPath(path).parts[0].removesuffix(".py") for path in trees}
    allowed = frozenset({"__future__"}) | own | {name.partition(".")[0] for name in imports}
    try:
        for path, tree in trees.items():
            _look(path, tree, allowed)
    except _Forbidden as found:
        return _verdict("forbidden", str(found))
    try:
        form = normal_form(files, trees)
    except ValueError:  # Python reads it in hexadecimal, and does not write it
        most = sys.get_int_max_str_digits()
        return _verdict(
            "syntax", f"the program holds an integer of over {most} digits, in hexadecimal or alike"
        )
    return {"kind": None, "reason": "", "normal_form": form}


def _shown(text: str, number: int | None) -> str:
    """Return a line as it is quoted after what is wrong with it. A compiler does not always know its text."""
    lines = text.split("\n")
    line = lines[number - 1].strip()[:_SHOWN_CHARS] if number and number <= len(lines) else ""
    return f": {line!r}" if line else ""


def _verdict(kind: str, reason: str) -> dict[str, str | None]:
    return {"kind": kind, "reason": reason, "normal_form": ""}


def _defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Names that a module's own statements bind, also under `if` and `try`."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        else:
            for part in ("body", "orelse", "finalbody"):
                yield from _defined(getattr(statement, part, ()))


def _look(path: str, tree: ast.Module, allowed: frozenset[str]) -> None:
    bound = _bound(tree)
    for node in ast.walk(tree):
        where = f"{path}, line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                _look_at_import(where, alias.name, allowed)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise _Forbidden(f"{where}: relative imports are not allowed; import by the file's name")
            _look_at_import(where, node.module or "", allowed)
        elif isinstance(node, ast.Name) and node.id in _FORBIDDEN_NAMES - bound:
            raise _Forbidden(f"{where}: {node.id} is not allowed")
        elif isinstance(node, ast.Attribute) and node.attr in _FORBIDDEN_ATTRIBUTES:
            raise _Forbidden(f"{where}: .{node.attr} is not allowed")


def _look_at_import(where: str, module: str, allowed: frozenset[str]) -> None:
    if module.partition(".")[0] not in allowed:
        names = ", ".join(sorted(allowed - {"__future__"}))
        raise _Forbidden(f"{where}: import of {module} is not allowed; allowed are {names}")


def _bound(tree: ast.Module) -> frozenset[str]:
    """Names that the program binds itself: an argument called `input` is not the built-in."""
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return frozenset(stored | arguments)
