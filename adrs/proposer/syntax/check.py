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
    lines = sum(region.last_line - region.first_line + 1 for region in child.regions)
    if grew and (lines > max_lines or child.editable_size > max_characters):
        return "too large"
    new = child.suspects - parent.suspects
    if new:
        return min(new).partition(":")[0][:60] + " is not defined or not reached"
    return None


def same_form(one: Index, other: Index) -> bool:
    """Whether two files are the same program: comments, docstrings and formatting do not count."""
    return normal_form(one.tree) == normal_form(other.tree)


def normal_form(tree: ast.Module) -> str:
    """Return the program without comments, docstrings and formatting."""
    bodies = [tree.body]
    bodies += [
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    docstrings = {id(body[0]) for body in bodies if body and _is_docstring(body[0])}
    return "\n".join(_dump(node, docstrings) for node in tree.body if id(node) not in docstrings)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _dump(node: ast.AST, skipped: set[int]) -> str:
    parts = []
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            items = [
                _dump(v, skipped) if isinstance(v, ast.AST) else repr(v)
                for v in value
                if id(v) not in skipped
            ]
            parts.append(f"{name}=[{','.join(items)}]")
        elif name != "ctx" and name != "kind":
            parts.append(_dump(value, skipped) if isinstance(value, ast.AST) else repr(value))
    return f"{type(node).__name__}({','.join(parts)})"
