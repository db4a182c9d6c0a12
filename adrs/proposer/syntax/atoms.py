"""What can be said at a place without any operation: names, fields, constants, elements of sequences."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from adrs.proposer.syntax.index import Index, Scope
from adrs.proposer.syntax.kinds import ANY, BOOL, Kind

GIVEN = Kind("Given")
Need = tuple[str, str]
"""What must be added for an atom to be there: `("import", name)` or `("keep", parameter of __init__)`."""


class Atom(NamedTuple):
    """An expression that is a name or a path, such as `obs.elapsed_s`."""

    text: str
    kind: Kind
    needs: tuple[Need, ...] = ()
    fixed: bool = False
    """Whether it is the same at every step: a constant, or something given at the start."""


class Series(NamedTuple):
    """Something of which there is one per position, such as `obs.price[{}]`."""

    template: str
    kind: Kind
    base: str
    """The sequence whose length says how many there are."""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Atoms:
    """Everything of a place."""

    plain: tuple[Atom, ...]
    series: tuple[Series, ...]


def atoms(index: Index, scope: Scope) -> Atoms:
    """Return what can be said in a scope; kept with the scope."""
    if not isinstance(scope.atoms, Atoms):
        plain = tuple(_all(index, scope))
        scope.atoms = Atoms(plain, tuple(s for atom in plain for s in _series(index, atom)))
    return scope.atoms


def _all(index: Index, scope: Scope) -> Iterator[Atom]:
    in_init = scope.function.node.name == "__init__"
    given = [name for name, kind in scope.names.items() if kind == GIVEN]
    for name, kind in scope.names.items():
        if name == "self" and not in_init:
            yield from _of_self(index, Atom(name, kind), known_given=bool(given))
        elif name != "self" and name not in given[1:]:
            yield from _expand(index, Atom(name, kind, (), kind == GIVEN), 2)
    if not in_init and "self" in scope.names:
        yield from _unkept(index, scope)
    for name, kind in index.vocabulary.constants.items():
        needs = available(index, name)
        if needs is not None:
            yield Atom(name, kind, needs, True)
    for name, members in index.vocabulary.enums.items():
        needs = available(index, name)
        if needs is not None:
            yield from (Atom(f"{name}.{member}", Kind(name), needs, True) for member in members)


def available(index: Index, name: str) -> tuple[Need, ...] | None:
    """Return what must be imported for a module-level name to be there, or None where it cannot be had."""
    if name in index.module_names:
        return ()
    if name in index.importable and import_line(index) is not None:
        return (("import", name),)
    return None


def import_line(index: Index) -> int | None:
    """Return the position in the module's body of an editable `from interface import ...`."""
    for position, node in enumerate(index.tree.body):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == "interface":
            starred = any(alias.name == "*" for alias in node.names)
            if index.editable(*index.source.span(node)) and not starred:
                return position
    return None


def _expand(index: Index, atom: Atom, depth: int) -> Iterator[Atom]:
    kind = atom.kind
    if kind == ANY or kind.name == "function":
        return
    yield atom
    if depth == 0 or kind.optional:
        return
    if kind.name == "tuple":
        for position, part in enumerate(kind.parts[:4]):
            inner = Atom(f"{atom.text}[{position}]", part, atom.needs, atom.fixed)
            yield from _expand(index, inner, depth - 1)
    for name, part in index.vocabulary.fields.get(kind.name, {}).items():
        inner = Atom(f"{atom.text}.{name}", part, atom.needs, atom.fixed or part == GIVEN)
        yield from _expand(index, inner, depth - 1)


def _of_self(index: Index, me: Atom, *, known_given: bool) -> Iterator[Atom]:
    """Yield the attributes; what was given is left out where a local name holds it."""
    for name, part in index.vocabulary.fields.get(me.kind.name, {}).items():
        if not (part == GIVEN and known_given):
            yield from _expand(index, Atom(f"{me.text}.{name}", part, (), part == GIVEN), 2)


def _unkept(index: Index, scope: Scope) -> Iterator[Atom]:
    """Yield what `__init__` was given and did not keep on self."""
    init = index.initialiser(scope.function.owner)
    if (
        init is None
        or scope.function.owner is None
        or not index.editable(*index.source.span(init.node.body[-1]))
    ):
        return
    fields = index.vocabulary.fields.get(scope.function.owner.name, {})
    for name, kind in zip(init.signature.names, init.signature.kinds, strict=True):
        if kind.name in index.vocabulary.init and kind not in fields.values() and name not in fields:
            yield from _expand(index, Atom(f"self.{name}", kind, (("keep", name),), kind == GIVEN), 2)


def _series(index: Index, atom: Atom) -> Iterator[Series]:
    if atom.kind.name != "list" or atom.kind.optional:
        return
    element = atom.kind.element
    template = atom.text + "[{}]"
    if element.name in index.vocabulary.init:
        for name, kind in index.vocabulary.fields[element.name].items():
            if kind.numeric or kind == BOOL:
                yield Series(f"{template}.{name}", kind, atom.text, atom.needs)
    elif element != ANY:
        yield Series(template, element, atom.text, atom.needs)
