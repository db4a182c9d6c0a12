"""Text with positions: where a node of the syntax tree stands, and splices that leave all else as it was."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


def apply(text: str, splices: Iterable[Splice]) -> str | None:
    """Return the text with all splices carried out, or None where two of them overlap."""
    parts: list[str] = []
    position = 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        if splice.start < position:
            return None
        parts += [text[position : splice.start], splice.text]
        position = splice.end
    return "".join([*parts, text[position:]])


class Source:
    """A file's text, and the way from lines and columns to characters."""

    def __init__(self, text: str) -> None:
        """Find the lines."""
        self.text = text
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self._ascii = text.isascii()

    def offset(self, line: int, column: int) -> int:
        """Return the character at a line (from 1) and a column in UTF-8 bytes, as `ast` counts them."""
        if self._ascii:
            return self._starts[line - 1] + column
        return self._starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return where a node begins and ends."""
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def copy(self, node: ast.expr) -> str:
        """Return an expression's text on one line."""
        if node.lineno == node.end_lineno:
            start, end = self.span(node)
            return self.text[start:end]
        return ast.unparse(node)

    def indent(self, node: ast.stmt) -> str | None:
        """Return the white space before a statement, or None where it does not begin its line."""
        before = self.lines[node.lineno - 1].encode()[: node.col_offset].decode()
        return before if not before.strip() else None

    def line_start(self, line: int) -> int:
        """Return the first character of a line (from 1)."""
        return self._starts[line - 1]

    def line_end(self, line: int) -> int:
        """Return the character after a line's newline."""
        return min(self._starts[line], len(self.text))

    def block(self, first: ast.stmt, last: ast.stmt, indent: str) -> str:
        """Return the lines of statements that follow each other, brought to another indentation."""
        begin = self.line_start(first.lineno)
        end = self.line_end(last.end_lineno or last.lineno)
        text = textwrap.dedent(self.text[begin:end])
        return textwrap.indent(text if text.endswith("\n") else text + "\n", indent)


_PRECEDENCE: tuple[tuple[type[ast.AST], int], ...] = (
    (ast.NamedExpr, 0),
    (ast.Lambda, 0),
    (ast.IfExp, 1),
    (ast.BoolOp, 2),
    (ast.UnaryOp, 8),
    (ast.Compare, 5),
    (ast.BinOp, 6),
)


def precedence(node: ast.AST) -> int:
    """Return how tightly an expression binds: 0 a lambda, 10 an atom."""
    if isinstance(node, ast.BoolOp):
        return 2 if isinstance(node.op, ast.Or) else 3
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return 4
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow):
            return 9
        return 6 if isinstance(node.op, ast.Add | ast.Sub) else 7
    return next((rank for kind, rank in _PRECEDENCE if isinstance(node, kind)), 10)


def fitted(text: str, parent: ast.AST | None, place: ast.AST | None = None) -> str:
    """Return an expression's text, in parentheses where its new parent binds more tightly than it does.

    Args:
        text: the expression.
        parent: the node that will hold it.
        place: the node that stands there now; needed to tell an argument from the thing that is called.
    """
    tree = ast.parse(text, mode="eval").body
    inner = precedence(tree)
    if isinstance(parent, ast.Attribute | ast.Subscript | ast.Call) and place is not None:
        head = parent.func if isinstance(parent, ast.Call) else parent.value
        outer = 9 if head is place else -1
    elif isinstance(parent, ast.expr):
        outer = precedence(parent) if precedence(parent) < 10 else -1
    elif isinstance(parent, ast.comprehension):
        outer = 1
    else:
        outer = -1
    return f"({text})" if inner <= outer else text
