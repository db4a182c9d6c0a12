"""Looking into an object: everything it holds, as plain comparable data."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

Plain = Any
"""Nested tuples of type names, numbers and text, comparable with `==`."""


def contents(thing: object) -> Plain:
    """Return all that an object holds, down to numbers and text, so that two states can be compared.

    Follows attributes (`__dict__` and `__slots__`), mappings, sequences, sets, arrays and generators of
    random numbers. Mappings keep their order, because drawing from one may depend on it. A thing met again
    on the way down stands for itself by its depth.
    """
    return _contents(thing, ())


def size(thing: object) -> int:
    """Return how much an object holds: one for each number, one for each character of text and each byte.

    What is held in several places counts once, as it does in memory.
    """
    return _size(thing, set())


def _contents(thing: object, above: tuple[int, ...]) -> Plain:
    if thing is None or isinstance(thing, bool | int | float | complex | str | bytes):
        # NaN is not equal to itself, but a state that holds one is.
        return "nan" if thing != thing else (type(thing).__name__, thing)
    if isinstance(thing, np.ndarray | np.generic):
        return (str(thing.dtype), thing.shape, thing.tobytes())
    if id(thing) in above:
        return ("above", above.index(id(thing)))
    inside = (*above, id(thing))
    parts = [_contents(part, inside) for part in _parts(thing)]
    if isinstance(thing, Set):
        parts.sort(key=repr)
    return (type(thing).__qualname__, *parts)


def _size(thing: object, met: set[int]) -> int:
    if id(thing) in met:
        return 0
    met.add(id(thing))
    if isinstance(thing, str | bytes):
        return len(thing)
    if isinstance(thing, np.ndarray | np.generic):
        return thing.nbytes
    if thing is None or isinstance(thing, bool | int | float | complex):
        return 1
    return sum(_size(part, met) for part in _parts(thing))


def _parts(thing: object) -> Iterable[object]:
    """Return what a thing that is not a plain value is made of."""
    if isinstance(thing, Mapping):
        return [part for pair in thing.items() for part in pair]
    if isinstance(thing, Sequence | Set):
        return list(thing)
    if isinstance(thing, type) or inspect.isroutine(thing):
        return [f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', repr(type(thing)))}"]
    if isinstance(thing, np.random.Generator):
        return [thing.bit_generator.state]
    held: dict[str, object] = dict(getattr(thing, "__dict__", {}))
    for base in type(thing).__mro__:
        names = base.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if hasattr(thing, name) and name not in ("__dict__", "__weakref__"):
                held[name] = getattr(thing, name)
    return [part for pair in held.items() for part in pair]
