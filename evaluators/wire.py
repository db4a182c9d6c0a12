"""The codec of what flows between the trusted worker and a child: closed types, bounded before allocating.

A frame on a channel is four bytes of big-endian length, a nonce of 8 bytes, and one encoded value. The
types are those of `evaluators.contract.Plain` and no others; nothing that is decoded can run code, and every
length is compared with the bytes that are really there, and every count with a budget, before memory is
taken for it.

A sequence whose items are all int, all float or all bool is packed; one of tuples of equal width is stored
column by column, and a short one of unlike items holds its numbers in one piece. So the observations of a
lockstep group cost a few C calls a step, however many workloads wait. Numbers are in the machine's own byte
order: both ends always run on one machine.

Standard library only, until an array arrives: then numpy is imported.
"""

from __future__ import annotations

import importlib
import math
import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

NONCE_BYTES = 8
MAX_DIMENSIONS = 4

_U32 = struct.Struct("=I")
_INT = struct.Struct("=q")
_FLOAT = struct.Struct("=d")
_ITEM_BYTES = {b"q": 8, b"d": 8, b"?": 1}
_DTYPES = {"int64": b"q", "float64": b"d", "bool": b"?"}
_NAMES = {code: name for name, code in _DTYPES.items()}
_BOOLS = b"\0\1"
_CODES: dict[type, str] = {int: "q", float: "d", bool: "?"}
_MIXED_MOST = 64
"""The longest sequence of unlike items that is packed at once; `struct` keeps formats, so they stay short."""
_ROWS_FROM = 6
"""How many tuples are worth storing by column."""


class WireError(Exception):
    """A value cannot be encoded, or bytes are not an encoded value within the limits."""


class TooLarge(WireError):
    """A value has more bytes or items, or is nested deeper, than a message may hold."""


@dataclass(frozen=True)
class Limits:
    """How much one message may hold."""

    max_bytes: int = 16 << 20
    max_depth: int = 24
    """How deep containers may be nested; a scalar has depth 0."""
    max_items: int = 1 << 20
    """How many values in all, containers and their items counted alike; an array counts once."""


REQUEST = Limits(max_bytes=256 << 20, max_items=1 << 23)
"""What the trusted worker may send."""
ANSWER = Limits()
"""What a child may answer."""


def encode(value: Any, limits: Limits = ANSWER) -> bytes:
    """Return the bytes of one plain value.

    Named tuples are stored as tuples; every other subclass of a plain type is refused.

    Raises:
        WireError: the value, or something in it, is not of a plain type, or a limit is passed.
    """
    writer = _Writer(limits)
    writer.value(value, limits.max_depth)
    return writer.finish()


def decode(data: bytes | bytearray | memoryview, limits: Limits = ANSWER) -> Any:
    """Return the value that `data` holds; exact built-in types only.

    Raises:
        WireError: the bytes are no encoded value, hold more than one, or pass a limit.
    """
    if len(data) > limits.max_bytes:
        raise WireError(f"a message of {len(data)} bytes: at most {limits.max_bytes}")
    reader = _Reader(bytes(data), limits)
    value = reader.value(limits.max_depth)
    if reader.at != len(reader.data):
        raise WireError(f"{len(reader.data) - reader.at} bytes follow the value")
    return value


def is_named_tuple(cls: type) -> bool:
    """Return whether a class is a `NamedTuple`, which travels as a tuple."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


class _Writer:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts: list[bytes] = []
        self.bytes_left = limits.max_bytes
        self.items_left = limits.max_items

    def finish(self) -> bytes:
        return b"".join(self.parts)

    def put(self, part: bytes) -> None:
        self.bytes_left -= len(part)
        if self.bytes_left < 0:
            raise TooLarge(f"more than {self.limits.max_bytes} bytes")
        self.parts.append(part)

    def count(self, items: int) -> None:
        self.items_left -= items
        if self.items_left < 0:
            raise TooLarge(f"more than {self.limits.max_items} values")

    def value(self, value: Any, depth: int) -> None:
        self.count(1)
        kind = type(value)
        if kind is int:
            self.put(b"i" + _pack_int(value))
        elif kind is float:
            self.put(b"f" + _FLOAT.pack(value))
        elif kind is str:
            self.sized(b"s", _utf8(value))
        elif value is None or kind is bool:
            self.put(b"N" if value is None else b"T" if value else b"F")
        elif kind is bytes:
            self.sized(b"b", value)
        else:
            self.container(value, kind, depth)

    def sized(self, tag: bytes, raw: bytes) -> None:
        if len(raw) > self.bytes_left:
            raise TooLarge(f"more than {self.limits.max_bytes} bytes")
        self.put(tag + _U32.pack(len(raw)) + raw)

    def container(self, value: Any, kind: type, depth: int) -> None:
        if depth == 0:
            raise TooLarge(f"nested deeper than {self.limits.max_depth}")
        if kind is list or kind is tuple or is_named_tuple(kind):
            self.put((b"l" if kind is list else b"t") + _U32.pack(len(value)))
            self.column(value, depth - 1)
        elif kind is dict:
            self.mapping(value, depth - 1)
        elif kind.__module__ == "numpy" and kind.__name__ == "ndarray":
            self.array(value)
        else:
            raise WireError(_refusal(kind))

    def mapping(self, value: dict[Any, Any], depth: int) -> None:
        self.put(b"d" + _U32.pack(len(value)))
        for key, item in value.items():
            if type(key) is not str:
                raise WireError(f"a dict key of type {_name(type(key))}: only str")
            self.sized(b"", _utf8(key))
            self.value(item, depth)

    def column(self, values: Sequence[Any], depth: int) -> None:
        """Write the items of a sequence: packed, as rows, or one by one."""
        kinds = set(map(type, values))
        kind = kinds.pop() if len(kinds) == 1 else None
        if kind is int or kind is float or kind is bool:
            self.count(len(values))
            self.put(_packed(values, kind))
        elif kind is not None and depth > 0 and (width := _width(values, kind)):
            self.count(len(values))
            self.put(b"r" + _U32.pack(width))
            for column in zip(*values, strict=True):
                self.column(column, depth - 1)
        elif 1 < len(values) <= _MIXED_MOST:
            self.mixed(values, depth)
        else:
            self.put(b"g")
            for item in values:
                self.value(item, depth)

    def mixed(self, values: Sequence[Any], depth: int) -> None:
        """Write a short sequence: what each item is, all numbers at once, and then the others."""
        codes = "".join([_CODES.get(type(value), "o") for value in values])
        numbers = [value for value in values if type(value) in _CODES] if "o" in codes else values
        self.count(len(numbers))
        self.put(b"m" + codes.encode() + _pack("=" + codes.replace("o", ""), numbers))
        for value, code in zip(values, codes, strict=True):
            if code == "o":
                self.value(value, depth)

    def array(self, value: Any) -> None:
        code = _DTYPES.get(value.dtype.name) if value.dtype.isnative else None
        if code is None:
            raise WireError(f"an array of dtype {value.dtype.name}: only bool, int64 and float64")
        if not 1 <= value.ndim <= MAX_DIMENSIONS:
            raise WireError(f"an array of {value.ndim} dimensions: 1 to {MAX_DIMENSIONS}")
        if value.nbytes > self.bytes_left:
            raise TooLarge(f"more than {self.limits.max_bytes} bytes")
        shape = b"".join(map(_U32.pack, value.shape))
        self.put(b"a" + code + bytes((value.ndim,)) + shape)
        self.put(value.tobytes())


class _Reader:
    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.at = 0
        self.limits = limits
        self.items_left = limits.max_items

    def take(self, size: int) -> bytes:
        start = self.at
        self.at = end = start + size
        if end > len(self.data):
            raise WireError(f"{size} bytes announced, {len(self.data) - start} there")
        return self.data[start:end]

    def length(self) -> int:
        """Read a length that cannot be true unless so many bytes follow."""
        size: int = _U32.unpack(self.take(4))[0]
        if size > len(self.data) - self.at:
            raise WireError(f"{size} items or bytes announced, {len(self.data) - self.at} bytes there")
        return size

    def count(self, items: int) -> None:
        self.items_left -= items
        if self.items_left < 0:
            raise TooLarge(f"more than {self.limits.max_items} values")

    def value(self, depth: int) -> Any:
        self.count(1)
        tag = self.take(1)
        if tag == b"i":
            return _INT.unpack(self.take(8))[0]
        if tag == b"f":
            return _FLOAT.unpack(self.take(8))[0]
        if tag in b"NTF":
            return None if tag == b"N" else tag == b"T"
        if tag == b"s":
            return self.text()
        if tag == b"b":
            return self.take(self.length())
        return self.container(tag, depth)

    def text(self) -> str:
        try:
            return self.take(self.length()).decode()
        except UnicodeDecodeError as error:
            raise WireError(f"text that is not UTF-8: {error.reason}") from None

    def container(self, tag: bytes, depth: int) -> Any:
        if depth == 0:
            raise TooLarge(f"nested deeper than {self.limits.max_depth}")
        if tag == b"l" or tag == b"t":
            # Every item takes a byte or more: even an empty row is refused below.
            values = self.column(self.length(), depth - 1)
            return list(values) if tag == b"l" else tuple(values)
        if tag == b"d":
            return self.mapping(depth - 1)
        if tag == b"a":
            return self.array()
        raise WireError(f"the unknown tag {tag!r}")

    def mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        size = self.length()
        for _ in range(size):
            key = self.text()
            found[key] = self.value(depth)
        if len(found) != size:
            raise WireError("a dict with a key that comes twice")
        return found

    def column(self, count: int, depth: int) -> Iterable[Any]:
        layout = self.take(1)
        if layout in _ITEM_BYTES:
            self.count(count)
            return _unpacked(self.take(count * _ITEM_BYTES[layout]), layout)
        if layout == b"g":
            return [self.value(depth) for _ in range(count)]
        if layout == b"m":
            return self.mixed(count, depth)
        if layout != b"r":
            raise WireError(f"the unknown layout {layout!r}")
        self.count(count)
        width = self.length()
        if depth == 0 or count == 0 or width == 0:
            raise WireError("rows without items, or nested too deep")
        return zip(*[self.column(count, depth - 1) for _ in range(width)], strict=True)

    def mixed(self, count: int, depth: int) -> list[Any]:
        raw = self.take(count)
        if count > _MIXED_MOST or raw.translate(None, b"qd?o"):
            raise WireError("a short sequence that is long or of unknown types")
        codes = raw.decode()
        form = "=" + codes.replace("o", "")
        self.count(len(form) - 1)
        numbers = struct.unpack(form, self.take(struct.calcsize(form)))
        if len(numbers) == count:
            return list(numbers)
        following = iter(numbers)
        return [self.value(depth) if code == "o" else next(following) for code in codes]

    def array(self) -> Any:
        code, dimensions = self.take(1), self.take(1)[0]
        if code not in _NAMES or not 1 <= dimensions <= MAX_DIMENSIONS:
            raise WireError("an array of another type or with too many dimensions")
        shape = [_U32.unpack(self.take(4))[0] for _ in range(dimensions)]
        if math.prod(max(size, 1) for size in shape) > self.limits.max_bytes:
            raise WireError(f"an array of shape {shape}")
        raw = self.take(math.prod(shape) * _ITEM_BYTES[code])
        if code == b"?" and raw.translate(None, _BOOLS):
            raise WireError("a bool that is neither 0 nor 1")
        try:
            numpy = importlib.import_module("numpy")
        except ImportError:
            raise WireError("an array, where numpy is not installed") from None
        return numpy.frombuffer(raw, dtype=_NAMES[code]).reshape(shape).copy()


def _packed(values: Sequence[Any], kind: type) -> bytes:
    if kind is bool:
        return b"?" + bytes(values)
    code = _CODES[kind]
    return code.encode() + _pack(f"={len(values)}{code}", values)


def _pack(form: str, numbers: Sequence[Any]) -> bytes:
    try:
        return struct.pack(form, *numbers)
    except struct.error:
        raise WireError("an integer beyond 64 bits") from None


def _unpacked(raw: bytes, layout: bytes) -> list[Any]:
    if layout == b"?":
        if raw.translate(None, _BOOLS):
            raise WireError("a bool that is neither 0 nor 1")
        return list(map(bool, raw))
    numbers = array(layout.decode())
    numbers.frombytes(raw)
    return numbers.tolist()


def _width(values: Sequence[Any], kind: type) -> int:
    """Return the one width of tuples that are worth storing by column, or 0."""
    if len(values) < _ROWS_FROM or not (kind is tuple or is_named_tuple(kind)):
        return 0
    widths = set(map(len, values))
    return widths.pop() if len(widths) == 1 else 0


def _pack_int(value: int) -> bytes:
    return _pack("=q", (value,))


def _utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise WireError("text with a lone surrogate") from None


def _name(cls: type) -> str:
    return str.__getitem__(type.__dict__["__name__"].__get__(cls), slice(0, 80))


def _refusal(kind: type) -> str:
    return f"a {_name(kind)}: only None, bool, int, float, str, bytes, list, tuple, dict and arrays"
