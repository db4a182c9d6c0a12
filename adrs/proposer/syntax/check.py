"""Cheap checks on an edited file: what would surely fail, or is the same program again, is not proposed."""

from __future__ import annotations

import ast

from adrs.proposer.evolve_block import locked_outside
from adrs.proposer.syntax.index import Index


def why_not(parent: Index, child: Index | None, max_lines: int, max_characters: int) -> str | None:
    """Return why an edited file is not worth an evaluation, or None where nothing speaks against it.

    Args:
        parent: the file before the edits; what was doubtful in it already is let pass.
        child: the file after them, None where it does not parse.
        max_lines: most lines that the editable regions may hold.
        max_characters: most characters that they may hold.
    """
    if child is None:
        return "does not parse"
    if not locked_outside(parent.source.text, child.source.text):
        return "changes what is locked"
    if same_form(parent, child):
        return "the same program"
    grew = child.editable_size > parent.editable_size
    if grew and (child.editable_lines > max_lines or child.editable_size > max_characters):
        return "too large"
    new = child.suspects - parent.suspects
    if new:
        return min(new).partition(":")[0][:60] + " is not defined or not reached"
    return None


def same_form(one: Index, other: Index) -> bool:
    """Whether two files are the same program: comments, docstrings and formatting do not count."""
    for found in (one, other):
        found.form = found.form or normal_form(found.tree)
    return one.form == other.form


def normal_form(tree: ast.Module) -> str:
    """Return the program without comments, docstrings and formatting."""
    return _dump(tree)


def _dump(node: object) -> str:
    if isinstance(node, list):
        return f"[{','.join(map(_dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    values = [getattr(node, name, None) for name in node._fields if name not in _NO_MATTER]
    if isinstance(node, _WITH_DOCSTRING) and node.body and _is_docstring(node.body[0]):
        values[node._fields.index("body")] = node.body[1:]
    return f"{type(node).__name__}({','.join(map(_dump, values))})"


_NO_MATTER = frozenset(("ctx", "kind", "type_comment", "type_ignores"))
_WITH_DOCSTRING = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_docstring(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]
