"""What a run is asked to do, checked, with unknown keys refused."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adrs.errors import ConfigError
from adrs.model.budget import Budget
from adrs.plugins.validation import explain

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|h)$")
_DOLLARS = re.compile(r"^\$\s*(\d+(?:\.\d+)?)$")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StrategyConfig(_Section):
    """A strategy by name, with options of its own, which it checks itself."""

    name: str = "map_elites"
    options: dict[str, Any] = Field(default_factory=dict)


class ProposerConfig(_Section):
    """A proposer by name, with options of its own, which it checks itself."""

    name: str = "syntax"
    options: dict[str, Any] = Field(default_factory=dict)


class BudgetConfig(_Section):
    """Limits of the whole run, over all of its sessions; none given means no limit of that kind."""

    trials: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    cost_usd: float | None = Field(default=None, ge=0)

    def limits(self) -> Budget:
        """Return the limits as the value type that the loop holds them to."""
        return Budget(self.trials, self.seconds, self.cost_usd)


class RunConfig(_Section):
    """The resolved configuration of a run; it is stored with the run."""

    problem: str
    seed: int = Field(default=0, ge=0)
    workers: int = Field(default_factory=lambda: min(8, os.cpu_count() or 1), ge=1, le=256)
    """Worker pairs that evaluate at the same time."""
    in_flight: int | None = Field(default=None, ge=1, le=4096)
    """Trials under way at the same time; by default as many as workers, and more where a model answers."""
    sandbox: str = "auto"
    strategy: StrategyConfig = StrategyConfig()
    proposer: ProposerConfig = ProposerConfig()
    budget: BudgetConfig = BudgetConfig()
    attempts: int | None = Field(default=None, ge=1, le=1000)
    """Proposals that one trial may make: those that are rejected before evaluation cost no trial. By default
    30, and 3 where a model is paid for each."""
    tune: float = Field(default=0.0, ge=0, le=0.9)
    """Share of the trials in which a library tuner owns the constants of the best program on train."""
    confirm: bool = True
    """Whether the run ends with one unselected draw of validation workloads."""
    isolate_promotions: bool = True
    """Whether promotions are measured with a child process per workload: nothing is carried over then."""
    grow_train: bool = False
    """Whether the train set grows where the search has fitted it; see `adrs.run.growth`."""
    record: str | None = None
    """A cassette that the run is written to whenever it ends or pauses."""
    replay: str | None = None
    """A cassette that the run repeats: its answers are used, and no model is asked."""

    def trials_in_flight(self) -> int:
        """Return how many trials are under way at the same time."""
        if self.in_flight is not None:
            return self.in_flight
        return self.workers if self.proposer.name in ("syntax", "tuner") else 2 * self.workers

    def attempts_per_trial(self) -> int:
        """Return how many proposals one trial may make."""
        if self.attempts is not None:
            return self.attempts
        return 30 if self.proposer.name in ("syntax", "tuner") else 3


def parse_budget(text: str) -> dict[str, float]:
    """Read `$5` as dollars, `90s`, `10m` or `2h` as time, and `300` as trials.

    Raises:
        ConfigError: none of these.
    """
    text = text.strip()
    if match := _DOLLARS.match(text):
        return {"cost_usd": float(match[1])}
    if match := _DURATION.match(text):
        return {"seconds": float(match[1]) * _SECONDS[match[2]]}
    if text.isdigit():
        return {"trials": int(text)}
    raise ConfigError(
        f"The budget {text!r} is not understood; give dollars as '$5', time as '90s', '10m' or '2h', "
        "or trials as '300'."
    )


def resolve(settings: Mapping[str, Any], overrides: Sequence[str] = ()) -> RunConfig:
    """Build the configuration from settings and `key=value` overrides, which win.

    Args:
        settings: nested plain settings; `None` values are dropped so that defaults hold.
        overrides: words such as `strategy.options.islands=8`; values are read as TOML, else as text.

    Raises:
        ConfigError: an unknown key, a value of the wrong type or out of range, or a malformed override.
    """
    merged = _without_none(settings)
    for word in overrides:
        _override(merged, word)
    try:
        return RunConfig.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(explain(error, "the run's configuration", RunConfig)) from None


def _without_none(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if value is not None
    }


def _override(settings: dict[str, Any], word: str) -> None:
    """Set one `key=value`, where the key is a TOML key: dotted, with quotes around what holds dots."""
    key, equals, text = _split(word)
    try:
        said = tomllib.loads(f"{key} = {text}")
    except tomllib.TOMLDecodeError:
        try:
            said = tomllib.loads(f"{key} = {json.dumps(text)}")
        except tomllib.TOMLDecodeError:
            equals = ""
    if not equals:
        raise ConfigError(f"--set {word!r} is not understood; write it as key=value, such as attempts=50.")
    _merge(settings, said, word)


def _split(word: str) -> tuple[str, str, str]:
    quoted = re.match(r"""((?:"[^"]*"|'[^']*'|[^="'])+)(=)(.*)""", word, re.DOTALL)
    return (quoted[1].strip(), quoted[2], quoted[3].strip()) if quoted else ("", "", "")


def _merge(settings: dict[str, Any], said: Mapping[str, Any], word: str) -> None:
    for key, value in said.items():
        here = settings.get(key)
        if not isinstance(value, Mapping) or here is None:
            settings[key] = value
        elif isinstance(here, dict):
            _merge(here, value, word)
        else:
            raise ConfigError(f"--set {word!r}: {key!r} holds a plain value and has no key below it.")
