"""What pydantic says about a file, in one sentence that a person can act on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from adrs.errors import UserError, did_you_mean

_SHOWN = 60
_MEANINGS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be a finite number",
}
_PATTERNS = {
    "^[a-z][a-z0-9_]*$": "must be lower-case letters, digits and underscores, such as 'my_problem'",
    r"^[\w./-]+\.py:[A-Za-z_]\w*$": "must name a file and what it defines, such as 'policy.py:Policy'",
    r"^[A-Za-z_]\w*$": "must be the name of a class",
}


def explain(error: ValidationError, where: str, model: type[BaseModel]) -> str:
    """Return the first thing that is wrong, in one sentence: where, the value, what is accepted.

    A key that is not known comes first, since a missing one is often only misspelt.

    Args:
        error: what pydantic raised.
        where: the file or command that was read, such as `problem.toml`.
        model: the model that was validated; its keys are what an unknown one is compared with.
    """
    found = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    first = found[0]
    place = tuple(first["loc"])
    if first["type"] == "extra_forbidden":
        known = _keys(model, place[:-1])
        said = f"unknown key {str(place[-1])!r}.{did_you_mean(str(place[-1]), known) or _listed(known)}"
        return f"{where}: {_prefix(place[:-1])}{said}{_more(found)}"
    if first["type"] == "missing":
        return f"{where}: {_prefix(place[:-1])}{place[-1]} is missing.{_more(found)}"
    message = _message(first)
    if isinstance(first["input"], Mapping):
        return f"{where}: {_prefix(place)}{message}.{_more(found)}"
    name = f"{_prefix(place[:-1])}{place[-1]} = " if place else ""
    return f"{where}: {name}{_shorten(first['input'])}: {message}.{_more(found)}"


def read_toml(path: Path, kind: type[UserError]) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises:
        UserError: of the given kind: the file cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise kind(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise kind(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    except tomllib.TOMLDecodeError as error:
        said = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(error))
        line = re.search(r"line \d+, column \d+|end of document", str(error))
        raise kind(f"{path}{', ' + line[0] if line else ''}: {said[:1].lower()}{said[1:]}.") from None


def _message(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "string_pattern_mismatch":
        pattern = error["ctx"]["pattern"]
        return _PATTERNS.get(pattern, f"must match {pattern}")
    if error["type"] == "too_short":
        return f"must have at least {error['ctx']['min_length']} entry"
    message: str = _MEANINGS.get(error["type"], error["msg"])
    return (
        message.replace("Input should be", "must be")
        .replace("greater than or equal to", "at least")
        .replace("less than or equal to", "at most")
    )


def _prefix(place: tuple[int | str, ...]) -> str:
    """Write a place as TOML does: `[limits] `, `[[objective]] number 2, `."""
    tables: list[str] = []
    entry = ""
    for part in place:
        if isinstance(part, int):
            entry = f" number {part + 1}"
        elif entry:
            entry += f", {part}"
        else:
            tables.append(part)
    if not tables:
        return ""
    name = ".".join(tables)
    return f"[[{name}]]{entry}, " if entry else f"[{name}] "


def _keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are accepted at a place."""
    here: type[BaseModel] | None = model
    for part in place:
        if isinstance(part, int) or here is None:
            continue
        field = here.model_fields.get(part)
        here = None if field is None else _model_in(field.annotation)
    return [] if here is None else list(here.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, list, dict, Annotated):
        return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
    return None


def _listed(known: list[str]) -> str:
    return f" Known are: {', '.join(known)}." if known else ""


def _more(found: list[Any]) -> str:
    return f" ({len(found) - 1} more)" if len(found) > 1 else ""


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
