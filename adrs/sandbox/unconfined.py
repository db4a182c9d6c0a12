"""No sandbox: the only unconfined way, and it must be asked for by name."""

from __future__ import annotations

import json
import os

from adrs.sandbox import boot
from adrs.sandbox.contract import Guarantee, LaunchSpec, Sandbox, Worker, environment
from adrs.sandbox.process import launcher
from adrs.sandbox.started import Launch, StartedWorker

_HELD = ("environment", "dies with us")
_NOT_HELD = (
    "no network",
    "files",
    "file names hidden",
    "other processes",
    "shared memory",
    "no privileges",
    "system calls",
)


class Unconfined(Sandbox):
    """Starts workers as ordinary processes: a candidate can do what the user can."""

    name = "none"
    confines = False
    private_scratch = False

    def check(self) -> None:
        """Nothing to verify: nothing is promised."""

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises: hardly anything."""
        return (
            *(Guarantee(name, False, "no sandbox was asked for") for name in _NOT_HELD),
            *(Guarantee(name, True, "as in every back-end") for name in _HELD),
        )

    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker.

        Raises:
            SandboxUnavailable: it cannot be started.
        """

        def build(control: int, info: int) -> Launch:
            asked = {
                "unconfined": True,
                "parent": os.getpid(),
                "info_fd": info,
                "command": boot.command(spec, control),
                "environment": dict(environment()),
            }
            return Launch(launcher(), json.dumps(asked).encode())

        return StartedWorker(build, memory_mib=spec.memory_mib)
