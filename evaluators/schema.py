"""What a plan or an action must look like, checked before an evaluator sees it.

A schema is data: `ListOf(Struct(gpu=Int(0, 7), start_s=Float(0.0, 3600.0)), max_len=100)`. Compiled once, it
is a function that takes a decoded value and returns it in one canonical form, or raises `Refused` with the
path and the reason: `plan[3].gpu = 17: at most 7`. Types are exact: a bool is never an id.
"""

from __future__ import annotations

import importlib
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], Any]
"""Returns the value in canonical form, or raises `Refused`."""

_SMALLEST_NORMAL = sys.float_info.min
_EXACT_INT = 1 << 53
_SHOWN_CHARS = 40


class Refused(Exception):
    """A value does not fit its schema; the text names the path, the value and what is accepted."""

    def __init__(self, reason: str, path: str = "") -> None:
        """Keep the reason and the path inside of the value, outermost part first."""
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def inside(self, part: str) -> Refused:
        """Return the same refusal, seen from one level further out."""
        return Refused(self.reason, part + self.path)

    def __str__(self) -> str:
        """Return path and reason as one line; `plan` or `action` is prefixed by `checker`."""
        return f"{self.path}{self.reason}"


class Schema(ABC):
    """The shape, range and uniqueness of a plain value."""

    @abstractmethod
    def compile(self) -> Check:
        """Return the function that checks a value; building it may be slow, calling it is fast."""


def checker(schema: Schema, name: str) -> Check:
    """Return a check whose refusals begin with `name`, such as `action` or `plan`."""
    check = schema.compile()

    def named(value: Any) -> Any:
        try:
            return check(value)
        except Refused as refused:
            raise refused.inside(name) from None

    return named


@dataclass(frozen=True)
class Int(Schema):
    """An int from `low` to `high`, both included; never a bool."""

    low: int
    high: int

    def compile(self) -> Check:
        """Return the check; it returns the int unchanged."""
        low, high = self.low, self.high

        def check(value: Any) -> int:
            if type(value) is not int:
                raise _wrong_type(value, "an int")
            if low <= value <= high:
                return value
            raise _beyond(value, low, high)

        return check


@dataclass(frozen=True)
class Float(Schema):
    """A finite float from `low` to `high`, both included.

    An int that a float holds exactly is accepted and becomes a float; negative zero becomes zero. With
    `exact`, ints, negative zero and denormal numbers are refused.
    """

    low: float
    high: float
    exact: bool = False

    def compile(self) -> Check:
        """Return the check; it returns a float."""
        low, high, exact = self.low, self.high, self.exact

        def check(answered: Any) -> float:
            value: float = answered if type(answered) is float else _as_float(answered, exact)
            if low <= value <= high and -math.inf < value < math.inf:
                if exact and abs(value) < _SMALLEST_NORMAL:
                    _refuse_odd(value)
                return value + 0.0  # -0.0 + 0.0 is 0.0
            raise _not_finite(value) or _beyond(value, low, high)

        return check


@dataclass(frozen=True)
class Bool(Schema):
    """True or False; never 0 or 1."""

    def compile(self) -> Check:
        """Return the check; it returns the bool unchanged."""

        def check(value: Any) -> bool:
            if type(value) is not bool:
                raise _wrong_type(value, "a bool")
            return value

        return check


class Choice(Schema):
    """One of some values; types count, so `True` is not `1` and `1.0` is not `1`."""

    def __init__(self, *options: str | int | float | bool | bytes | None) -> None:
        """Keep the options.

        Raises:
            ValueError: there is no option.
        """
        if not options:
            raise ValueError("Choice needs at least one option")
        self.options = options

    def compile(self) -> Check:
        """Return the check; it returns the option itself."""
        options = {(type(option), option): option for option in self.options}
        accepted = f"one of {', '.join(map(repr, self.options))}"
        kinds = {type(option) for option in self.options}

        def check(value: Any) -> Any:
            # Only hashable scalars are looked up: a list among the keys would raise TypeError.
            if type(value) in kinds and (type(value), value) in options:
                return options[(type(value), value)]
            raise Refused(f" = {_shown(value)}: {accepted}")

        return check


@dataclass(frozen=True)
class Text(Schema):
    """Text of at most `max_len` characters."""

    max_len: int
    min_len: int = 0

    def compile(self) -> Check:
        """Return the check; it returns the text unchanged."""

        def check(value: Any) -> str:
            if type(value) is not str:
                raise _wrong_type(value, "text")
            _check_length(len(value), self.min_len, self.max_len, "characters")
            return value

        return check


@dataclass(frozen=True)
class Nullable(Schema):
    """None, or what another schema accepts."""

    item: Schema

    def compile(self) -> Check:
        """Return the check; None stays None."""
        inner = self.item.compile()
        return lambda value: None if value is None else inner(value)


@dataclass(frozen=True)
class ListOf(Schema):
    """A list or a tuple of items; the check returns a list. With `unique`, no two items are equal."""

    item: Schema
    max_len: int
    min_len: int = 0
    unique: bool = False

    def compile(self) -> Check:
        """Return the check."""
        inner, low, high, unique = self.item.compile(), self.min_len, self.max_len, self.unique

        def check(value: Any) -> list[Any]:
            if type(value) is not list and type(value) is not tuple:
                raise _wrong_type(value, "a list")
            _check_length(len(value), low, high, "items")
            items = _all(inner, value)
            if unique:
                _check_unique(items)
            return items

        return check


class Permutation(Schema):
    """A list or tuple that holds each of `0 .. n - 1` once; the check returns a list."""

    def __init__(self, n: int) -> None:
        """Keep how many items are ordered."""
        self.n = n

    def compile(self) -> Check:
        """Return the check."""
        return ListOf(Int(0, self.n - 1), max_len=self.n, min_len=self.n, unique=True).compile()


class TupleOf(Schema):
    """A tuple or list of exactly these items; the check returns a tuple."""

    def __init__(self, *items: Schema) -> None:
        """Keep the schema of each position."""
        self.items = items

    def compile(self) -> Check:
        """Return the check."""
        inner = [item.compile() for item in self.items]

        def check(value: Any) -> tuple[Any, ...]:
            if type(value) is not tuple and type(value) is not list:
                raise _wrong_type(value, "a tuple")
            _check_length(len(value), len(inner), len(inner), "items")
            return tuple(_at(inner[at], item, f"[{at}]") for at, item in enumerate(value))

        return check


class Struct(Schema):
    """A dict with exactly these keys."""

    def __init__(self, **fields: Schema) -> None:
        """Keep the schema of each key."""
        self.fields = fields

    def compile(self) -> Check:
        """Return the check; it returns a dict in the order of the schema."""
        inner = {name: field.compile() for name, field in self.fields.items()}

        def check(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _wrong_type(value, "a dict")
            if value.keys() != inner.keys():
                raise _wrong_keys(value, inner)
            return {name: _at(check_item, value[name], f".{name}") for name, check_item in inner.items()}

        return check


@dataclass(frozen=True)
class Array(Schema):
    """A numpy array of one dtype and shape, every item finite and from `low` to `high`.

    `None` in `shape` leaves that dimension free. Negative zero becomes zero. With `unique`, no item comes
    twice.
    """

    dtype: str
    """`bool`, `int64` or `float64`."""
    shape: tuple[int | None, ...]
    low: float = -math.inf
    high: float = math.inf
    unique: bool = False

    def compile(self) -> Check:
        """Return the check; it returns an array that nothing else holds."""
        numpy = importlib.import_module("numpy")
        sizes = ", ".join("any" if size is None else str(size) for size in self.shape)
        accepted = f"an array of {self.dtype} with shape ({sizes})"

        def check(value: Any) -> Any:
            if type(value) is not numpy.ndarray:
                raise _wrong_type(value, accepted)
            if value.dtype.name != self.dtype or not self._fits(value.shape):
                raise Refused(f": an array of {value.dtype.name} with shape {value.shape}: {accepted}")
            if self.dtype == "float64":
                value = value + 0.0  # -0.0 + 0.0 is 0.0
            self._check_items(value, numpy)
            return value

        return check

    def _fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == len(self.shape) and all(
            want is None or have == want for have, want in zip(shape, self.shape, strict=True)
        )

    def _check_items(self, value: Any, numpy: Any) -> None:
        if self.dtype != "bool":
            # Written so that NaN is among the wrong ones.
            wrong = ~((value >= self.low) & (value <= self.high) & numpy.isfinite(value))
            if wrong.any():
                at = tuple(map(int, numpy.argwhere(wrong)[0]))
                item = value[at].item()
                raise (_not_finite(item) or _beyond(item, self.low, self.high)).inside(str(list(at)))
        if self.unique and numpy.unique(value).size != value.size:
            raise Refused(": an item comes twice")


def _all(check: Check, values: Sequence[Any]) -> list[Any]:
    items: list[Any] = []
    try:
        for value in values:
            items.append(check(value))
    except Refused as refused:
        raise refused.inside(f"[{len(items)}]") from None
    return items


def _at(check: Check, value: Any, part: str) -> Any:
    try:
        return check(value)
    except Refused as refused:
        raise refused.inside(part) from None


def _check_length(length: int, low: int, high: int, what: str) -> None:
    if length > high:
        raise Refused(f": {length} {what}: at most {high}")
    if length < low:
        raise Refused(f": {length} {what}: at least {low}")


def _check_unique(items: list[Any]) -> None:
    seen: set[Hashable] = set()
    for at, item in enumerate(items):
        key = _key(item)
        if key in seen:
            raise Refused(f"[{at}] = {_shown(item)}: comes twice")
        seen.add(key)


def _key(item: Any) -> Hashable:
    if type(item) in (list, tuple):
        return tuple(map(_key, item))
    if type(item) is dict:
        return tuple((name, _key(value)) for name, value in item.items())
    key: Hashable = item
    return key


def _as_float(value: Any, exact: bool) -> float:
    if type(value) is not int or exact:
        raise _wrong_type(value, "a float")
    if abs(value) > _EXACT_INT:
        raise Refused(f" = {_shown(value)}: more than a float holds exactly")
    return float(value)


def _refuse_odd(value: float) -> None:
    if value != 0.0:
        raise Refused(f" = {value!r}: a denormal number")
    if math.copysign(1.0, value) < 0:
        raise Refused(" = -0.0: negative zero")


def _not_finite(value: float) -> Refused | None:
    return None if math.isfinite(value) else Refused(f" = {value!r}: not finite")


def _beyond(value: float, low: float, high: float) -> Refused:
    limit = f"at least {low}" if value < low else f"at most {high}"
    return Refused(f" = {_shown(value)}: {limit}")


def _wrong_type(value: Any, accepted: str) -> Refused:
    return Refused(f" = {_shown(value)}: not {accepted}")


def _wrong_keys(value: Mapping[str, Any], inner: Mapping[str, Check]) -> Refused:
    missing = [name for name in inner if name not in value]
    if missing:
        return Refused(f".{missing[0]}: missing")
    extra = next(name for name in value if name not in inner)
    return Refused(f": the key {_shown(extra)}: only {', '.join(inner)}")


def _shown(value: Any) -> str:
    """Return a value as short text; never the whole of a long one."""
    if type(value) in (list, tuple, dict):
        return f"a {type(value).__name__} of {len(value)}"
    if type(value) in (str, bytes):
        return repr(value[:_SHOWN_CHARS])
    if type(value) in (int, float, bool, type(None)):
        return repr(value)
    return f"a {type(value).__name__}"
