"""What a call to a model costs: a local table of list prices, the user's own first.

A model that neither holds has no known price: its cost is unknown (None), never 0.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Mapping
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from adrs.errors import ConfigError

OUTPUT_CAP_TOKENS = 16_384
"""The output of a call that is reserved for where the user set no `max_tokens`. Where a dollar budget is set
it is sent as the limit, so that no call can cost more than was reserved for it."""

_CHARS_PER_TOKEN = 2.0
"""Fewer than any common tokenizer takes on code or English (3 to 4), so that the estimate errs upwards."""
_OVERHEAD_TOKENS = 64
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


class Price(BaseModel):
    """US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cached: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Input that the provider read from its cache; None: it costs what input costs."""

    def cost_usd(self, tokens: Tokens) -> float:
        """Return what these tokens cost."""
        cached_price = self.input if self.cached is None else self.cached
        fresh = tokens.input - tokens.cached
        return (fresh * self.input + tokens.cached * cached_price + tokens.output * self.output) / 1e6

    def worst_usd(self, prompt: str, max_tokens: int | None) -> float:
        """Return the most that a call can cost: nothing cached, and an answer as long as it may be."""
        tokens = Tokens(
            input=prompt_tokens(prompt), output=OUTPUT_CAP_TOKENS if max_tokens is None else max_tokens
        )
        return self.cost_usd(tokens)


class Tokens(BaseModel):
    """Tokens of one call, as billed."""

    model_config = ConfigDict(frozen=True)

    input: int = 0
    """All input, the cached included."""
    cached: int = 0
    output: int = 0
    """All output, reasoning included."""


def prompt_tokens(prompt: str) -> int:
    """Return an upper estimate of a prompt's tokens, from its length in UTF-8 bytes."""
    return math.ceil(len(prompt.encode()) / _CHARS_PER_TOKEN) + _OVERHEAD_TOKENS


def read_usage(usage: Mapping[str, object] | None) -> Tokens | None:
    """Read a provider's usage object, chat completions or responses; None where it says nothing.

    Counts that are no numbers, negative or inconsistent are brought into range: a server is not trusted.
    """
    if not usage:
        return None
    given = _count(usage, "prompt_tokens", "input_tokens")
    answered = _count(usage, "completion_tokens", "output_tokens")
    if given is None and answered is None:
        return None
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, Mapping) else None
    if cached is None:
        cached = _count(usage, "prompt_cache_hit_tokens", "cache_read_input_tokens")
    total = given or 0
    return Tokens(input=total, cached=min(cached or 0, total), output=answered or 0)


def _count(usage: Mapping[str, object], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return min(max(0, int(value)), 10**9)
    return None


@functools.cache
def list_prices() -> Mapping[str, Price]:
    """Return the table of approximate list prices that comes with adrs."""
    text = resources.files(__package__).joinpath("prices.toml").read_text("utf-8")
    return {name: Price.model_validate(entry) for name, entry in tomllib.loads(text)["models"].items()}


def price_of(model: str, own: Mapping[str, Price]) -> Price | None:
    """Return a model's price, or None where it is unknown.

    The user's own table is asked first, then the list: by the whole name, then without the provider before
    a slash, then without a date at the end.
    """
    bare = model.rsplit("/", 1)[-1]
    for table in (own, list_prices()):
        for name in (model, bare, _DATED.sub("", bare)):
            if name in table:
                return table[name]
    return None


def require_price(model: str, price: Price | None, budget_usd: float | None) -> None:
    """Refuse a dollar budget that cannot be held.

    Raises:
        ConfigError: a dollar budget is set and the model's price is unknown.
    """
    if price is None and budget_usd is not None:
        own = f"--set 'proposer.options.prices={{\"{model}\"={{input=1.0, output=4.0}}}}'"
        raise ConfigError(
            f"The price of the model {model!r} is not known, so a budget in dollars cannot be held; give its "
            f"price per million tokens, {own}, or limit the run by trials or time."
        )
