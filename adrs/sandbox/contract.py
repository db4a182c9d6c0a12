"""The one contract of every sandbox back-end."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from adrs.sandbox import frames


@dataclass(frozen=True)
class LaunchSpec:
    """A worker to start, and all that it may see."""

    role: Literal["zygote", "trusted"]
    argv: tuple[str, ...]
    """The script or `-m module`, and its options; `--control-fd N` is added."""
    readable: tuple[Path, ...]
    """Files and folders that are bound read-only at their own paths; nothing else of the host is seen
    but the interpreter, its standard library and the system's shared libraries."""
    import_path: tuple[Path, ...]
    """What goes on `sys.path` after the standard library."""
    memory_mib: int
    """Limit of the whole sandbox where the back-end can hold one (a cgroup)."""
    scratch: tuple[str, ...] = ()
    """Folders that the worker finds empty and may write to, the first being where it starts; none of the
    readable paths lies in one, so that they can be swept. See `view.scratch_folders`."""
    scratch_mib: int = 64
    """Size of each, and of the largest file."""
    libraries: tuple[str, ...] = ()
    """Distributions that are among the readable paths; a back-end with an image has them there instead."""
    fixed_hashes: bool = True
    """Whether Python hashes text alike in every process, as `environment` says; a check for determinism
    takes this back."""
    gpus: int = 0
    """How many GPUs the worker is given, by a back-end that can; -1 for all."""


@dataclass(frozen=True)
class Guarantee:
    """One thing that a back-end promises, or not, on this host."""

    name: str
    held: bool
    how: str
    """By what means, or why not."""


class Worker(ABC):
    """A started worker. Its control socket is `control`."""

    control: socket.socket
    pid: int

    def alive(self) -> bool:
        """Whether the worker still runs: its control socket is closed by nothing but its end."""
        return not frames.closed(self.control)

    def worn(self) -> bool:
        """Whether it has reached the age at which it is replaced before it runs another candidate."""
        return False

    @abstractmethod
    def errors(self) -> str:
        """Return the end of what the worker wrote to its standard error so far."""

    @abstractmethod
    def kill(self) -> None:
        """End the worker and everything in its sandbox, and wait until it is gone. Idempotent."""


class Sandbox(ABC):
    """A way to start workers that cannot harm the host."""

    name: str
    confines: bool = True
    """False only of the back-end that must be asked for as `none`."""
    private_scratch: bool = True
    """Whether a worker's scratch is its own; False where it would be the host's."""

    @abstractmethod
    def check(self) -> None:
        """Verify that this back-end works here, by starting something in it.

        Raises:
            SandboxUnavailable: it does not; the sentence says what to install or change.
        """

    @abstractmethod
    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises on this host and what it cannot."""

    @abstractmethod
    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker.

        Raises:
            SandboxUnavailable: it cannot be started.
        """


def environment() -> Mapping[str, str]:
    """Return the whole environment of every worker: empty but for determinism and one thread per library."""
    threads = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **{f"{name}_NUM_THREADS": "1" for name in threads},
    }
