"""Options of a strategy: typed, checked, and refused in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from adrs.errors import ConfigError, did_you_mean

SHOWN = 60
"""How many characters of a refused value are repeated."""


class Options(BaseModel):
    """Base of every strategy's options: unknown names are refused, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


OptionsT = TypeVar("OptionsT", bound=Options)


def checked_options(strategy: str, model: type[OptionsT], options: Mapping[str, object]) -> OptionsT:
    """Return the options of a strategy as its model.

    Args:
        strategy: the name that the user typed, for the message.
        model: the options that the strategy takes.
        options: what the user gave; numbers may come as text.

    Raises:
        ConfigError: an option is unknown, of the wrong type or out of range.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    known = ", ".join(model.model_fields)
    if first["type"] == "extra_forbidden":
        takes = f"it takes {known}" if known else "it takes none"
        guess = did_you_mean(name, model.model_fields)
        raise ConfigError(f"The strategy {strategy!r} has no option {name!r}; {takes}.{guess}")
    wants = first["msg"][:1].lower() + first["msg"][1:]
    shown = repr(first["input"])[:SHOWN]
    raise ConfigError(f"The option {name!r} of the strategy {strategy!r} is {shown}: {wants}.")
