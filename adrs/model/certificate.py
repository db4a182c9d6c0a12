"""The isolation certificate: what confined the candidates while a score was measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Certificate:
    """What a back-end guaranteed on the host that measured a score."""

    sandbox: str
    """The back-end."""
    kernel: str
    """System and release, such as `Linux 6.8.0`."""
    arch: str
    python: str
    held: tuple[str, ...]
    """Names of guarantees, sorted."""
    not_held: tuple[str, ...]
    """Names of those that this host or this back-end does not give."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that it says."""
        body = json.dumps(self.as_plain(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON; `from_plain` reads it back."""
        return {**asdict(self), "held": list(self.held), "not_held": list(self.not_held)}

    @classmethod
    def from_plain(cls, said: Mapping[str, Any]) -> Self:
        """Return the certificate that `as_plain` wrote."""
        return cls(**{**said, "held": tuple(said["held"]), "not_held": tuple(said["not_held"])})
