"""Everything that can be edited in a file: expressions with their kinds, statements, names in scope."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

from adrs.errors import ProgramError
from adrs.proposer.evolve_block import Region, regions
from adrs.proposer.syntax.kinds import ANY, Kind
from adrs.proposer.syntax.source import Source
from adrs.proposer.syntax.vocabulary import Signature, Vocabulary, of_module, signature

BUILTINS = frozenset(dir(builtins))


@dataclass(eq=False)
class Function:
    """A function or method of the module."""

    node: ast.FunctionDef
    name: str
    """`solve`, or `Policy.step` for a method."""
    owner: ast.ClassDef | None
    signature: Signature

    @property
    def returns(self) -> Kind:
        """What it must return."""
        return self.signature.returns


NO_FUNCTION = Function(
    ast.FunctionDef("", ast.arguments([], [], None, [], [], None, []), [], []),
    "",
    None,
    Signature((), (), 0, ANY),
)
"""What stands outside of functions."""


@dataclass(eq=False)
class Scope:
    """The names that are bound for sure at a place within a function, and their kinds."""

    function: Function
    names: dict[str, Kind]
    in_loop: bool = False
    repeated: bool = False
    """Whether it is evaluated once per element: a lambda, or within a comprehension."""
    atoms: object = None
    """A cache of the generator."""


@dataclass(eq=False)
class Expr:
    """An expression that may be replaced."""

    node: ast.expr
    kind: Kind
    scope: Scope
    parent: ast.AST
    start: int
    end: int
    condition: bool
    """Whether only its truth counts."""


@dataclass(eq=False)
class Stmt:
    """A statement that may be removed, moved or preceded by another."""

    node: ast.stmt
    block: list[ast.stmt]
    position: int
    scope: Scope
    start: int
    end: int
    indent: str | None
    """None where it does not begin its line."""
    free: bool
    """Whether its whole lines are editable."""


@dataclass
class Index:
    """One file, taken apart."""

    path: str
    source: Source
    tree: ast.Module
    regions: tuple[Region, ...]
    vocabulary: Vocabulary
    """What this module can say: the interface's words and its own."""
    importable: frozenset[str]
    """Names of the interface."""
    module_names: frozenset[str] = frozenset()
    functions: list[Function] = field(default_factory=list)
    expressions: list[Expr] = field(default_factory=list)
    statements: list[Stmt] = field(default_factory=list)
    numbers: list[Expr] = field(default_factory=list)
    """Numbers anywhere in the editable regions, module constants and defaults included."""
    suspects: set[str] = field(default_factory=set)
    """Names and attributes that may not exist when they are used, and places that are never reached."""
    form: str = ""
    """The normal form, once it was needed."""

    def editable(self, start: int, end: int) -> bool:
        """Whether these characters may change."""
        return any(region.holds(start, end) for region in self.regions)

    def function(self, name: str) -> Function | None:
        """Return a function by its qualified name."""
        return next((f for f in self.functions if f.name == name), None)

    def initialiser(self, owner: ast.ClassDef | None) -> Function | None:
        """Return the `__init__` of a class."""
        return self.function(f"{owner.name}.__init__") if owner is not None else None

    @property
    def editable_size(self) -> int:
        """Characters that are editable now."""
        return sum(region.end - region.start for region in self.regions)

    @property
    def editable_lines(self) -> int:
        """Lines that are editable now."""
        return sum(region.last_line - region.first_line + 1 for region in self.regions)


def index(path: str, text: str, interface: Vocabulary) -> Index | None:
    """Take a file apart; None where it does not parse or its markers are broken."""
    from adrs.proposer.syntax.walk import Walker  # the walker fills what is defined here

    try:
        tree = ast.parse(text)
        spans = regions(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, ProgramError):
        return None
    known = of_module(tree.body, interface)
    found = Index(path, Source(text), tree, spans, interface.merged(known), interface.names())
    found.module_names = _bound(tree, interface) | BUILTINS | {"__name__", "__file__"}
    for owner, node in _functions(tree):
        name = f"{owner.name}.{node.name}" if owner else node.name
        method = owner is not None and not any(
            getattr(d, "id", "") == "staticmethod" for d in node.decorator_list
        )
        described = signature(node, found.vocabulary, method=method)
        found.functions.append(Function(node, name, owner, described))
    try:
        Walker(found).run()
    except RecursionError:
        return None
    return found


def _bound(tree: ast.Module, interface: Vocabulary) -> frozenset[str]:
    """Return the names that the module's top level binds, imports and blocks included."""
    names: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            if any(alias.name == "*" for alias in node.names):
                names |= interface.names()
        else:
            todo.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _functions(tree: ast.Module) -> list[tuple[ast.ClassDef | None, ast.FunctionDef]]:
    found: list[tuple[ast.ClassDef | None, ast.FunctionDef]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.append((None, node))
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
            methods.sort(key=lambda item: item.name != "__init__")  # it gives the attributes their kinds
            found.extend((node, item) for item in methods)
    return found
