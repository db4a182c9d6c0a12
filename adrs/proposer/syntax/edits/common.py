"""What every edit is given and what it returns."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from adrs.proposer.syntax.atoms import Need, import_line
from adrs.proposer.syntax.generate import Generator
from adrs.proposer.syntax.index import Expr, Function, Index, Scope, Stmt
from adrs.proposer.syntax.kinds import ANY
from adrs.proposer.syntax.source import Splice, fitted

T = TypeVar("T", Expr, Stmt)


@dataclass(frozen=True)
class Change:
    """Splices that belong together, and what they do in one line."""

    splices: tuple[Splice, ...]
    note: str


@dataclass
class Context:
    """A file to edit, other programs' versions of it, and the random numbers."""

    rng: random.Random
    index: Index
    donors: Sequence[Index] = ()
    focus: Function | None = None
    """The function that an edit before this one changed: paired edits like to stay together."""
    touched: list[Function] = field(default_factory=list)

    def generator(self, scope: Scope) -> Generator:
        """Return a writer of expressions for a place."""
        return Generator(self.rng, self.index, scope)

    def expression(self, wanted: Callable[[Expr], bool]) -> Expr | None:
        """Choose one of the expressions that meet a condition."""
        return self._choose([found for found in self.index.expressions if wanted(found)])

    def statement(self, wanted: Callable[[Stmt], bool]) -> Stmt | None:
        """Choose one of the statements that meet a condition."""
        return self._choose([found for found in self.index.statements if wanted(found)])

    def _choose(self, found: list[T]) -> T | None:
        if not found:
            return None
        if self.focus is not None and self.rng.random() < 0.6:
            found = [item for item in found if item.scope.function.name == self.focus.name] or found
        chosen = self.rng.choice(found)
        self.touched.append(chosen.scope.function)
        return chosen

    def number(self) -> Expr | None:
        """Choose a number."""
        return self._choose(self.index.numbers) if self.index.numbers else None

    def replace(self, found: Expr, text: str, needs: Iterable[Need] = ()) -> Change | None:
        """Put an expression in the place of another."""
        old = self.index.source.copy(found.node)
        if text == old:
            return None
        text = fitted(text, found.parent, found.node)
        splice = Splice(found.start, found.end, text)
        more = supply(self.index, needs)
        if more is None:
            return None
        where = where_of(found.scope)
        return Change((splice, *more), f"{short(old)} -> {short(text)}{where}")


def where_of(scope: Scope) -> str:
    """Return ` in step()`, or nothing outside of functions."""
    return f" in {scope.function.node.name}()" if scope.function.name else ""


def short(text: str, width: int = 60) -> str:
    """Return text on one line, cut to a width."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."


def insertable(found: Stmt) -> bool:
    """Whether a statement can have another one put before it."""
    return found.indent is not None and found.free


def before(index: Index, found: Stmt, lines: Sequence[str]) -> Splice:
    """Insert lines before a statement, in its indentation."""
    start = index.source.line_start(found.node.lineno)
    return Splice(start, start, "".join(f"{found.indent}{line}\n" for line in lines))


def supply(index: Index, needs: Iterable[Need]) -> list[Splice] | None:
    """Return the splices that bring what an expression needs, or None where that cannot be."""
    splices = []
    imports = sorted({name for what, name in needs if what == "import"})
    if imports:
        position = import_line(index)
        if position is None:
            return None
        last = index.tree.body[position].names[-1]  # type: ignore[attr-defined]
        end = index.source.offset(last.end_lineno, last.end_col_offset)
        splices.append(Splice(end, end, "".join(f", {name}" for name in imports)))
    for name in sorted({name for what, name in needs if what == "keep"}):
        init = next(
            (f for f in index.functions if f.node.name == "__init__" and name in f.signature.names), None
        )
        spot = init_end(index, init) if init else None
        if spot is None:
            return None
        splices.append(Splice(spot[0], spot[0], f"{spot[1]}self.{name} = {name}\n"))
    return splices


def init_end(index: Index, init: Function) -> tuple[int, str] | None:
    """Return where a statement can be added at the end of a function, and its indentation."""
    last = init.node.body[-1]
    indent = index.source.indent(last)
    start = index.source.line_start(last.lineno)
    end = index.source.line_end(last.end_lineno or last.lineno)
    if indent is None or not index.editable(start, end) or isinstance(last, ast.Return | ast.Raise):
        return None
    return end, indent


def typed(found: Expr) -> bool:
    """Whether it is known what an expression is, and it is not what a loop is counted by."""
    if isinstance(found.parent, ast.Call) and getattr(found.parent.func, "id", "") == "range":
        return False
    return (
        found.kind != ANY
        and found.kind.name not in ("function", "none")
        and not found.kind.name.startswith("class ")
    )
