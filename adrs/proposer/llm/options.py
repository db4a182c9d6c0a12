"""What a user may set of the `llm` proposer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from adrs.errors import ConfigError
from adrs.plugins.validation import explain
from adrs.proposer.llm.prices import Price

EditMode = Literal["auto", "search_replace", "rewrite"]


class ModelEntry(BaseModel):
    """One model of several; what it does not say holds as it is set for all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str = Field(min_length=1)
    base_url: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    efforts: tuple[Annotated[str, Field(pattern=r"^[a-z]+$")], ...] = ()
    concurrency: int | None = Field(default=None, ge=1, le=1024)


class LLMOptions(BaseModel):
    """Options of the `llm` proposer. What is left at None is not sent to the server."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str = ""
    """Name at the server; `provider/model` goes through litellm where no `base_url` is set."""
    models: tuple[ModelEntry, ...] = ()
    """Several models to choose from by what they gain per dollar: names, or tables with their own options."""
    efforts: tuple[Annotated[str, Field(pattern=r"^[a-z]+$")], ...] = ()
    """Reasoning efforts to choose from, each an arm of its own with every model."""
    kinds: tuple[Literal["edit", "crossover", "fresh"], ...] = ("edit", "crossover", "fresh")
    """Kinds of edits to choose from: of the parent, of two parents, or a fresh start from an idea."""
    repairs: int = Field(default=1, ge=0, le=10)
    """How often in a row a candidate that failed when it was run is given back to be put right."""
    base_url: str | None = None
    """An OpenAI-compatible server; by default `OPENAI_BASE_URL`, else OpenAI itself."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    """The longest answer; it also is what a dollar budget reserves for one call."""
    effort: str | None = Field(default=None, pattern=r"^[a-z]+$")
    """Reasoning effort, such as `low` or `high`."""
    timeout_s: float = Field(default=600.0, gt=0)
    """How long one answer may take, from the request to its last byte."""
    concurrency: int = Field(default=8, ge=1, le=1024)
    """Calls in flight at the same time."""
    retries: int = Field(default=5, ge=0, le=100)
    """How often a call that failed in a passing way is made again."""
    backoff_s: float = Field(default=1.0, ge=0)
    """The first wait before a retry; it doubles every time, up to a minute, with jitter. What the server
    asks for wins where it is longer, and always the first time."""
    edit: EditMode = "auto"
    """How the model is asked to write its edit; any that it does write is taken."""
    inspirations: int = Field(default=3, ge=0, le=16)
    """Other programs that a prompt shows at most."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Dollars per million tokens by model; they win over the list that comes with adrs."""
    replay: Path | None = None
    """A cassette whose answers are used: no model is asked, and no key is needed."""
    templates: Path | None = None
    """A folder of prompt templates that win over the problem's `prompt/` folder and over the bundled ones."""

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.username or parts.password or parts.query:
            # A ConfigError passes through pydantic as it is: the value, which may hold a key, is not shown.
            raise ConfigError(
                "The base_url of the model must hold no user, password or query: it is stored with the run; "
                "give the key in OPENAI_API_KEY."
            )
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
            raise ValueError("must be a URL such as http://localhost:8000/v1")
        return url

    @field_validator("models", mode="before")
    @classmethod
    def _names(cls, models: object) -> object:
        """Take a bare name for a table that says nothing but it."""
        if not isinstance(models, list | tuple):
            return models
        return [{"model": each} if isinstance(each, str) else each for each in models]

    @field_validator("kinds")
    @classmethod
    def _some_kind(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if not kinds or len(set(kinds)) != len(kinds):
            raise ValueError("must name one or more of edit, crossover and fresh, each once")
        return kinds

    def each(self) -> tuple[LLMOptions, ...]:
        """Return the options of every model, as if it were the only one.

        Raises:
            ConfigError: a model is named twice.
        """
        entries = self.models or (ModelEntry(model=self.model),)
        names = [entry.model for entry in entries]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(f"The model {twice!r} is named twice; give it several efforts instead.")
        return tuple(self._only(entry) for entry in entries)

    def arms(self) -> dict[str, tuple[str, str | None]]:
        """Return model and effort by the name of the arm: `model`, or `model@effort` where there are several.

        Raises:
            ConfigError: a model is named twice.
        """
        return {
            f"{one.model}@{effort}" if effort else one.model: (one.model, effort)
            for one in self.each()
            for effort in one.efforts or (None,)
        }

    def _only(self, entry: ModelEntry) -> LLMOptions:
        own = {name: value for name, value in entry.model_dump().items() if value not in (None, ())}
        return LLMOptions.model_validate({**self.model_dump(exclude={"models"}), **own})

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> LLMOptions:
        """Check options and fill in `OPENAI_BASE_URL`.

        Raises:
            ConfigError: an option is missing, unknown or out of range.
        """
        filled = dict(options)
        if not filled.get("model") and not filled.get("models"):
            raise ConfigError("The llm proposer needs the name of a model, such as --model gpt-5-mini.")
        if filled.get("base_url") is None and os.environ.get("OPENAI_BASE_URL"):
            filled["base_url"] = os.environ["OPENAI_BASE_URL"]
        try:
            return cls.model_validate(filled)
        except ValidationError as error:
            raise ConfigError(explain(error, "the llm proposer's options", cls)) from None
