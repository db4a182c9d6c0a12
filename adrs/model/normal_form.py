"""The normal form of a program: equal where two differ in formatting, comments and docstrings alone.

Parses its input, so it belongs into a limited helper process: parsers crash and hang on hostile text.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping

_Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def normal_form(files: Mapping[str, str], trees: Mapping[str, ast.Module] | None = None) -> str:
    """Return a digest, as 64 hexadecimal digits.

    Args:
        files: text by path; what is not Python counts as it stands.
        trees: syntax trees of files that are parsed already. They are changed.

    Raises:
        SyntaxError: a file that ends in `.py` and has no tree does not parse.
        ValueError: likewise, for text that Python refuses to look at.
    """
    known = trees or {}
    digest = hashlib.sha256()
    for path in sorted(files):
        text = files[path]
        if path in known or path.endswith(".py"):
            text = _dump(known[path] if path in known else ast.parse(text, path))
        digest.update(f"{len(path)}:{path}{len(text)}:{text}".encode())
    return digest.hexdigest()


def _dump(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        if isinstance(node, _Scope):
            # A bare string does nothing, wherever it stands.
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]
        elif isinstance(node, ast.Constant):
            node.kind = None
    return ast.dump(tree, annotate_fields=False)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
