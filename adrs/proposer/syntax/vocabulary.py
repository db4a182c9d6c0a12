"""What a candidate can talk about: types, helpers, constants of `interface.py` and of its own module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from adrs.proposer.syntax.kinds import ANY, FLOAT, INDEX, INT, STR, Kind, from_annotation, named

_ENUMS = frozenset(("Enum", "IntEnum", "StrEnum", "IntFlag", "Flag"))


@dataclass(frozen=True)
class Signature:
    """A function: what it takes and what it returns. `kinds` leaves `self` out."""

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    required: int
    """How many of the parameters have no default."""
    returns: Kind


@dataclass
class Vocabulary:
    """Tables by name."""

    fields: dict[str, dict[str, Kind]] = field(default_factory=dict)
    """Class -> its fields and properties, in their order."""
    init: dict[str, Signature] = field(default_factory=dict)
    """Class -> how it is built, where that is known: NamedTuples and dataclasses."""
    methods: dict[str, dict[str, Signature]] = field(default_factory=dict)
    functions: dict[str, Signature] = field(default_factory=dict)
    constants: dict[str, Kind] = field(default_factory=dict)
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, Kind] = field(default_factory=dict)
    numbers: tuple[tuple[int | float, str], ...] = ()
    """Values and units of the numeric constants: scales that mean something here."""

    def kind(self, annotation: ast.expr | None) -> Kind:
        """Return what an annotation means here."""
        return from_annotation(annotation, self.fields, self.aliases)

    def names(self) -> frozenset[str]:
        """Return every name that can be imported from here."""
        tables: tuple[Mapping[str, object], ...] = (self.fields, self.functions, self.constants, self.aliases)
        return frozenset(name for table in tables for name in table)

    def merged(self, other: Vocabulary) -> Vocabulary:
        """Return both together; what `other` says goes first."""
        return Vocabulary(
            self.fields | other.fields,
            self.init | other.init,
            self.methods | other.methods,
            self.functions | other.functions,
            self.constants | other.constants,
            self.enums | other.enums,
            self.aliases | other.aliases,
            (*self.numbers, *other.numbers),
        )


@lru_cache(maxsize=8)
def of_interface(source: str) -> Vocabulary:
    """Return the vocabulary of `interface.py`; empty where it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Vocabulary()
    # `from interface import *` does not bring names that begin with an underscore.
    return of_module((node for node in tree.body if not _private(node)), Vocabulary())


def _private(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.startswith("_") for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.target.id.startswith("_")
    return isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name.startswith("_")


def of_module(body: Iterable[ast.stmt], known: Vocabulary) -> Vocabulary:
    """Return what a module's top level defines, its annotations understood with the help of `known`."""
    words = Vocabulary()
    both = known.merged(words)
    body = list(body)
    for node in body:
        if isinstance(node, ast.ClassDef):
            words.fields[node.name] = both.fields[node.name] = {}
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            _constant(node, words, both)
    for node in body:
        if isinstance(node, ast.ClassDef):
            _class(node, words, both)
        elif isinstance(node, ast.FunctionDef):
            words.functions[node.name] = signature(node, both)
    return words


def signature(node: ast.FunctionDef, known: Vocabulary, *, method: bool = False) -> Signature:
    """Return a function's signature from its annotations."""
    parameters = (*node.args.posonlyargs, *node.args.args)[1 if method else 0 :]
    kinds = tuple(named(p.arg, guess(p, known)) for p in parameters)
    returns = named(node.name, known.kind(node.returns))
    if returns == INT and _speaks_of_positions(node, known):
        returns = INDEX
    return Signature(
        tuple(p.arg for p in parameters), kinds, len(parameters) - len(node.args.defaults), returns
    )


def _speaks_of_positions(node: ast.FunctionDef, known: Vocabulary) -> bool:
    """Whether the int that a function returns is a position: it names one, such as `NO_ZONE`, or says so."""
    used = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    if any(kind == INDEX and name in used for name, kind in known.constants.items()):
        return True
    words = re.findall(r"\w+", (ast.get_docstring(node) or "").split("\n")[0].lower())
    return any(named(word, INT) == INDEX for word in words[:6])


def guess(parameter: ast.arg, known: Vocabulary) -> Kind:
    """Return a parameter's kind: its annotation, or the class of the interface that has its name."""
    kind = known.kind(parameter.annotation)
    if kind != ANY or parameter.annotation is not None:
        return kind
    wanted = {"obs": "observation"}.get(parameter.arg, parameter.arg).replace("_", "").lower()
    return next((Kind(name) for name in known.fields if name.lower() == wanted), ANY)


def _constant(node: ast.Assign | ast.AnnAssign, words: Vocabulary, both: Vocabulary) -> None:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    if not isinstance(target, ast.Name) or node.value is None or target.id.startswith("_"):
        return
    name, value = target.id, _literal(node.value)
    if value is not None:
        kind = named(name, {int: INT, float: FLOAT, str: STR}[type(value)])
        if kind == INT and name.isupper() and isinstance(value, int) and abs(value) < 16:
            kind = Kind("int", "choice")
        words.constants[name] = both.constants[name] = kind
        if isinstance(value, int | float) and kind.unit != "choice":
            words.numbers = (*words.numbers, (value, kind.unit))
    elif isinstance(node, ast.AnnAssign):
        kind = both.kind(node.annotation)
        words.constants[name] = both.constants[name] = named(name, kind)
    elif name.isupper() and isinstance(node.value, ast.BinOp):
        words.constants[name] = both.constants[name] = named(name, FLOAT)
    elif not name.isupper() and name[0].isupper():
        _alias(name, node.value, words, both)


def _literal(node: ast.expr) -> int | float | str | None:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    if isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
        return sign * node.value if isinstance(node.value, int | float) else node.value  # type: ignore[return-value]
    return None


def _alias(name: str, value: ast.expr, words: Vocabulary, both: Vocabulary) -> None:
    """Take in `Zone = int`, `Zone = NewType("Zone", int)` and `Action = tuple[int, int]`.

    The alias of a tuple is a kind of its own: what it must hold is known to the helpers that build it.
    """
    if isinstance(value, ast.Call):
        value = value.args[1] if len(value.args) == 2 else value
    kind = both.kind(value)
    if kind == ANY:
        return
    if kind.name == "tuple":
        kind = Kind(name, "", kind.parts)
    words.aliases[name] = both.aliases[name] = named(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(), kind)


def _class(node: ast.ClassDef, words: Vocabulary, both: Vocabulary) -> None:
    bases = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases}
    if bases & _ENUMS:
        members = [
            item.targets[0].id
            for item in node.body
            if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)
        ]
        words.enums[node.name] = both.enums[node.name] = tuple(members)
        return
    methods: dict[str, Signature] = {}
    fields = words.fields[node.name]
    defaults = 0
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            fields[item.target.id] = named(item.target.id, both.kind(item.annotation))
            defaults += item.value is not None
    data = "NamedTuple" in bases or any("dataclass" in ast.dump(d) for d in node.decorator_list)
    if data and fields:
        count = len(fields) - defaults
        words.init[node.name] = Signature(tuple(fields), tuple(fields.values()), count, Kind(node.name))
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("__"):
            if any(getattr(d, "id", "") in ("property", "cached_property") for d in item.decorator_list):
                fields[item.name] = named(item.name, both.kind(item.returns))
            elif not item.decorator_list:
                methods[item.name] = signature(item, both, method=True)
    words.methods[node.name] = methods
