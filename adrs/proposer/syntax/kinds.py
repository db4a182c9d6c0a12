"""What an expression is worth: a small world of types, numbers with the unit that their name carries."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

_TIMES = ("s", "ms", "us", "ns", "min", "h", "hours", "days", "tick", "ticks", "steps", "hz")
_AMOUNTS = (
    "usd",
    "eur",
    "gb",
    "gib",
    "mb",
    "mib",
    "kb",
    "kib",
    "bytes",
    "tokens",
    "gbps",
    "mbps",
    "share",
    "ratio",
)
_UNITS = frozenset((*_TIMES, *_AMOUNTS))
_INDEX = re.compile(
    r"(^|_)(zone|region|node|machine|job|gpu|expert|server|site|slot|queue|here|index|idx|id)$"
)
_CHOICE = re.compile(r"(^|_)(kind|state|mode|status|phase)$")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: its name and what it is made of.

    `name` is one of float, int, bool, str, none, any, list, tuple, dict, function, or the name of a class or
    of an alias of a tuple whose `parts` it then holds. `unit` is set on numbers: `s`, `usd`, `usd_per_h`;
    `index` for positions in a sequence; `choice` for one of a few named numbers; empty where it is not known.
    """

    name: str
    unit: str = ""
    parts: tuple[Kind, ...] = ()
    optional: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it can be compared and added up."""
        return self.name in ("float", "int") and not self.optional

    @property
    def element(self) -> Kind:
        """What a sequence holds."""
        if self.name in ("list", "tuple") and self.parts:
            return self.parts[0]
        return ANY

    def required(self) -> Kind:
        """Return the kind without None."""
        return Kind(self.name, self.unit, self.parts) if self.optional else self

    def or_none(self) -> Kind:
        """Return the kind with None."""
        return Kind(self.name, self.unit, self.parts, optional=True)


ANY = Kind("any")
BOOL = Kind("bool")
FLOAT = Kind("float")
INDEX = Kind("int", "index")
INT = Kind("int")
NONE = Kind("none")
STR = Kind("str")


def sequence(element: Kind) -> Kind:
    """Return the kind of a sequence of any length."""
    return Kind("list", "", (element,))


def fits(wanted: Kind, have: Kind) -> bool:
    """Whether a value of kind `have` can stand where `wanted` is expected."""
    if have.optional and not wanted.optional:
        return False
    if wanted.name == "float" and have.name in ("float", "int"):
        return have.unit == wanted.unit
    return (wanted.name, wanted.unit, wanted.parts) == (have.name, have.unit, have.parts) and wanted != ANY


def unit_of(name: str) -> str:
    """Return the unit that a name ends in: `elapsed_s` -> `s`, `price_usd_per_h` -> `usd_per_h`."""
    words = name.lower().split("_")
    taken: list[str] = []
    while len(words) > 1 and (words[-1] in _UNITS or (taken and words[-1] == "per")):
        taken.insert(0, words.pop())
    while taken and taken[0] == "per":
        taken.pop(0)
    return "_".join(taken)


def named(name: str, kind: Kind) -> Kind:
    """Return the kind with the unit that a variable, field or function of this name suggests."""
    if kind.name == "int" and not kind.unit and _CHOICE.search(name.lower()):
        return Kind("int", "choice", (), kind.optional)
    if kind.name == "int" and not kind.unit and _INDEX.search(name.lower()):
        return Kind("int", "index", (), kind.optional)
    if kind.name in ("int", "float") and not kind.unit:
        return Kind(kind.name, unit_of(name), (), kind.optional)
    if kind.name == "list" and kind.parts:
        plural = name[:-1] if name.endswith("s") and not unit_of(name) else name
        return Kind("list", "", (named(plural, kind.parts[0]),), kind.optional)
    return kind


_SIMPLE = {"float": FLOAT, "int": INT, "bool": BOOL, "str": STR, "None": NONE}
_SEQUENCES = frozenset(
    ("Sequence", "list", "List", "Iterable", "Collection", "set", "frozenset", "Set", "deque")
)
_MAPPINGS = frozenset(["Mapping", "dict", "Dict", "MutableMapping"])


def from_annotation(
    node: ast.expr | None, classes: Container[str], aliases: Mapping[str, Kind], depth: int = 0
) -> Kind:
    """Return the kind that an annotation means, `ANY` where it is none that is understood."""
    if node is None or depth > 6:
        return ANY
    if isinstance(node, ast.Constant):
        return _from_constant(node, classes, aliases, depth)
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        if name in _SIMPLE:
            return _SIMPLE[name]
        return Kind(name) if name in classes else aliases.get(name, ANY)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [from_annotation(side, classes, aliases, depth + 1) for side in (node.left, node.right)]
        return _optional(sides)
    if isinstance(node, ast.Subscript):
        return _from_subscript(node, classes, aliases, depth)
    return ANY


def _from_constant(
    node: ast.Constant, classes: Container[str], aliases: Mapping[str, Kind], depth: int
) -> Kind:
    if node.value is None:
        return NONE
    if not isinstance(node.value, str):
        return ANY
    try:
        inner = ast.parse(node.value, mode="eval").body
    except SyntaxError:
        return ANY
    return from_annotation(inner, classes, aliases, depth + 1)


def _optional(sides: list[Kind]) -> Kind:
    rest = [side for side in sides if side != NONE]
    return rest[0].or_none() if len(rest) == 1 and len(sides) == 2 else ANY


def _from_subscript(
    node: ast.Subscript, classes: Container[str], aliases: Mapping[str, Kind], depth: int
) -> Kind:
    base = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if base == "Literal":
        values = [item.value for item in inner if isinstance(item, ast.Constant)]
        return INT if values and all(type(v) is int for v in values) else STR if values else ANY
    if base in ("Final", "Annotated", "ClassVar") and inner:
        return from_annotation(inner[0], classes, aliases, depth + 1)
    open_ended = any(isinstance(item, ast.Constant) and item.value is ... for item in inner)
    kinds = [
        from_annotation(item, classes, aliases, depth + 1) for item in inner[: 1 if open_ended else None]
    ]
    if base == "Optional":
        return kinds[0].or_none()
    if base in _SEQUENCES or (base in ("tuple", "Tuple") and open_ended):
        return sequence(kinds[0])
    if base in ("tuple", "Tuple"):
        return Kind("tuple", "", tuple(kinds))
    if base in _MAPPINGS and len(kinds) == 2:
        return Kind("dict", "", tuple(kinds))
    return ANY
