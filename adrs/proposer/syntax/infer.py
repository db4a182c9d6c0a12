"""What kind an operation or a call has, from the kinds of its parts."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from adrs.proposer.syntax.kinds import ANY, BOOL, FLOAT, INDEX, INT, NONE, STR, Kind, sequence


def of_constant(value: object) -> Kind:
    """Return a literal's kind."""
    table: dict[type, Kind] = {bool: BOOL, int: INT, float: FLOAT, str: STR, type(None): NONE}
    return table.get(type(value), ANY)


def of_operation(op: ast.operator, left: Kind, right: Kind) -> Kind:
    """Return the kind of `left op right`; units are added, multiplied and divided."""
    if left.numeric and right.numeric:
        name = "float" if "float" in (left.name, right.name) or isinstance(op, ast.Div) else "int"
        return Kind(name, _unit(op, left.unit, right.unit))
    if isinstance(op, ast.Add) and left.name == right.name == "list":
        return left
    if isinstance(op, ast.Mult) and left.name == "list" and right.name == "int":
        return left
    return ANY


def _unit(op: ast.operator, left: str, right: str) -> str:
    if isinstance(op, ast.Add | ast.Sub | ast.Mod):
        return left if not right or left == right else right if not left else ""
    if isinstance(op, ast.Mult):
        if not left or not right:
            return left or right
        for one, other in ((left, right), (right, left)):
            top, _, bottom = one.partition("_per_")
            if bottom and bottom == other:
                return top
        return ""
    if isinstance(op, ast.Div | ast.FloorDiv):
        if not right:
            return left
        return f"{left}_per_{right}" if left and left != right and "_per_" not in left + right else ""
    return ""


def join(kinds: Sequence[Kind]) -> Kind:
    """Return the kind that holds every one of them; a number without a unit takes that of the others."""
    some = [kind for kind in kinds if kind != NONE]
    if not some:
        return NONE if kinds else ANY
    units = {kind.unit for kind in some if kind.unit}
    unit = units.pop() if len(units) == 1 else ""
    names = {kind.name for kind in some}
    if len(names) == 1:
        joined = Kind(some[0].name, unit, some[0].parts)
    elif names == {"int", "float"}:
        joined = Kind("float", unit)
    else:
        return ANY
    nullable = len(some) < len(kinds) or any(kind.optional for kind in some)
    return joined.or_none() if nullable else joined


_NUMBER_OF_FIRST = frozenset(("abs", "round"))
_SEQUENCE_OF_FIRST = frozenset(("sorted", "list", "tuple", "reversed", "set"))


def of_builtin(name: str, arguments: Sequence[Kind], keywords: dict[str, Kind]) -> Kind:
    """Return what a call of a built-in function is worth; `ANY` for those that are not known."""
    first = arguments[0] if arguments else ANY
    if name in _FIXED:
        return _FIXED[name]
    if name in ("min", "max"):
        if len(arguments) > 1:
            return join([k for k in arguments if k.numeric] or arguments)
        element = first.element
        return element.or_none() if keywords.get("default") == NONE else element
    if name == "next":
        return join([first.element, *arguments[1:]]) if first.element != ANY else ANY
    if name == "sum":
        return INT if first.element == BOOL else first.element
    return _of_conversion(name, arguments, first)


_FIXED = {"any": BOOL, "all": BOOL, "bool": BOOL, "isinstance": BOOL, "len": INT, "range": sequence(INDEX)}


def _of_conversion(name: str, arguments: Sequence[Kind], first: Kind) -> Kind:
    if name in ("int", "float"):
        return Kind(name, first.unit if first.numeric else "")
    if name in _NUMBER_OF_FIRST:
        return Kind("int", first.unit) if name == "round" and len(arguments) == 1 else first
    if name in _SEQUENCE_OF_FIRST:
        return sequence(first.element)
    if name == "enumerate":
        return sequence(Kind("tuple", "", (INDEX, first.element)))
    if name == "zip":
        return sequence(Kind("tuple", "", tuple(k.element for k in arguments)))
    return ANY


def of_element(container: Kind, index: ast.expr) -> Kind:
    """Return the kind of `container[index]`."""
    if isinstance(index, ast.Slice):
        return container
    if container.name == "list":
        return container.element
    if container.name == "dict" and len(container.parts) == 2:
        return container.parts[1]
    if container.name == "tuple" and isinstance(index, ast.Constant) and isinstance(index.value, int):
        inside = -len(container.parts) <= index.value < len(container.parts)
        return container.parts[index.value] if inside else ANY
    return ANY


def element_of_loop(iterable: Kind) -> Kind:
    """Return what a loop variable holds."""
    if iterable.name == "tuple" and iterable.parts:
        return join(iterable.parts)
    if iterable.name == "dict" and iterable.parts:
        return iterable.parts[0]
    return iterable.element
