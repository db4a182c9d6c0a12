"""Sandboxes by name, and which of them is the strongest that works here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from adrs.errors import ConfigError, SandboxUnavailable, did_you_mean
from adrs.sandbox.contract import Sandbox

_BACK_ENDS = {
    "bubblewrap": "adrs.sandbox.bubblewrap:Bubblewrap",
    "docker": "adrs.sandbox.docker:Docker",
    "process": "adrs.sandbox.process:Process",
}
"""Confining back-ends, strongest first; `adrs.sandbox.docker` says why bubblewrap comes before it."""

_UNCONFINED = {"none": "adrs.sandbox.unconfined:Unconfined"}

NAMES = ("auto", *_BACK_ENDS, *_UNCONFINED)
"""What `--sandbox` accepts."""


def sandbox(name: str) -> Sandbox:
    """Return a sandbox that was seen to work on this machine.

    `auto` is the strongest that works. What is asked for by name is taken as it is, or refused.

    Raises:
        ConfigError: there is no back-end of that name.
        SandboxUnavailable: it does not work here; of `auto`: none does.
    """
    if name == "auto":
        return _strongest()
    known = {**_BACK_ENDS, **_UNCONFINED}
    if name not in known:
        raise ConfigError(
            f"There is no sandbox {name!r}; known are {', '.join(NAMES)}.{did_you_mean(name, NAMES)}"
        )
    found = _load(known[name])
    found.check()
    return found


def back_ends() -> tuple[Sandbox, ...]:
    """Return every confining back-end, strongest first, whether it works here or not."""
    return tuple(_load(target) for target in _BACK_ENDS.values())


def _strongest() -> Sandbox:
    reasons = []
    for found in back_ends():
        try:
            found.check()
        except SandboxUnavailable as error:
            reasons.append(str(error))
        else:
            return found
    raise SandboxUnavailable(
        f"No sandbox works on this machine. {' '.join(reasons)} To run candidates unconfined all the same, "
        "type `--sandbox none`."
    )


def _load(target: str) -> Sandbox:
    module, _, attribute = target.partition(":")
    build: Callable[[], Sandbox] = getattr(import_module(module), attribute)
    return build()
