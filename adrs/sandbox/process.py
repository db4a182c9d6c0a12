"""The process back-end: what the kernel offers without any program installed.

Namespaces where they are allowed, otherwise another uid (as root) or Landlock's signal scope; Landlock for
files; seccomp against sockets; no capabilities, no new privileges, empty environment. See `launcher.py`.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.sandbox import boot
from adrs.sandbox.cgroup import memory_guarantee
from adrs.sandbox.check import try_out
from adrs.sandbox.contract import Guarantee, LaunchSpec, Sandbox, Worker, environment
from adrs.sandbox.seccomp import worker_filter
from adrs.sandbox.started import StartedWorker
from adrs.sandbox.view import host_view, require

_LAUNCHER = Path(__file__).with_name("launcher.py")
_COVERED = ("/sys", "/proc")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_LANDLOCK_SCOPES = 6
"""The version of Landlock that can keep signals and abstract sockets inside."""
_FIRST_UID = 64_000
_UIDS = itertools.cycle(range(_FIRST_UID, _FIRST_UID + 1000))


@dataclass(frozen=True)
class Offers:
    """What this kernel and user may do."""

    landlock: int
    """Version of Landlock; 0 where there is none."""
    uid: int
    user: bool
    """Whether namespaces work inside a new user namespace."""
    plain: bool
    """Whether they work without one."""

    @property
    def namespaces(self) -> bool:
        """Whether PID, network, IPC and mount namespaces can be had at all."""
        return self.user or self.plain


class Process(Sandbox):
    """Starts workers as confined processes of the host."""

    name = "process"

    @property
    def private_scratch(self) -> bool:  # type: ignore[override]
        """Whether a mount namespace can hold private folders; otherwise nothing is writable at all."""
        return self.offers.namespaces

    @cached_property
    def offers(self) -> Offers:
        """What this host offers; found once, by trying.

        Raises:
            SandboxUnavailable: not Linux.
        """
        if sys.platform != "linux":
            raise SandboxUnavailable(
                f"The sandbox 'process' needs Linux; this is {sys.platform}. Use the sandbox 'docker'."
            )
        told = subprocess.run(  # noqa: S603  (our own interpreter and script)
            [*launcher(), json.dumps({"probe": True})], capture_output=True, check=False, timeout=20
        )
        if told.returncode:
            raise SandboxUnavailable(
                f"The sandbox 'process' cannot look at this kernel: {told.stderr.decode()}"
            )
        return Offers(**json.loads(told.stdout))

    def check(self) -> None:
        """Verify that this back-end works here, by starting something in it.

        Raises:
            SandboxUnavailable: the kernel lacks Landlock, or a worker could reach other processes.
        """
        offers = self.offers
        if offers.landlock < 1:
            raise SandboxUnavailable(
                "The sandbox 'process' needs Landlock (Linux 5.13 or newer, with `landlock` in the kernel's "
                "`lsm=` list), which this machine does not offer; install bubblewrap, or use another sandbox."
            )
        if not offers.namespaces and offers.uid != 0 and offers.landlock < _LANDLOCK_SCOPES:
            raise SandboxUnavailable(
                "The sandbox 'process' needs user namespaces (`sysctl user.max_user_namespaces` above 0), "
                "or root, or Linux 6.12; use another sandbox."
            )
        if worker_filter() is None and not offers.namespaces:
            raise SandboxUnavailable(
                "The sandbox 'process' cannot keep the network out on this processor without namespaces; "
                "use another sandbox."
            )
        try_out(self)

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises on this host and what it cannot."""
        offers, filtered = self.offers, worker_filter() is not None
        spaces = offers.namespaces
        others = "another uid"
        if spaces:
            others = "a PID namespace without /proc"
        elif offers.landlock >= _LANDLOCK_SCOPES:
            others = f"Landlock {offers.landlock}: no signals to the outside"
        scratch = (
            "private and empty, limited in size" if spaces else "none can be given, so nothing is writable"
        )
        return (
            Guarantee("no network", True, "a network namespace" if spaces else "seccomp: no sockets"),
            Guarantee(
                "files", True, f"Landlock {offers.landlock}: named paths, read-only; scratch {scratch}"
            ),
            Guarantee("file names hidden", False, "Landlock does not hide whether a path exists"),
            Guarantee("other processes", True, others),
            Guarantee(
                "shared memory",
                spaces,
                "an IPC namespace" if spaces else "System V IPC of the host is in reach",
            ),
            Guarantee("no privileges", True, "no capabilities, no new privileges"),
            Guarantee("environment", True, "empty"),
            Guarantee("system calls", filtered, "seccomp" if filtered else "no numbers for this processor"),
            memory_guarantee(),
            Guarantee("dies with us", True, "parent-death signal"),
        )

    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker.

        Raises:
            SandboxUnavailable: it cannot be started.
        """
        require(spec.readable)
        return StartedWorker(
            lambda control, info: [*launcher(), self._settings(spec, control, info)],
            memory_mib=spec.memory_mib,
        )

    def _settings(self, spec: LaunchSpec, control: int, info: int) -> str:
        offers, view, program = self.offers, host_view(), worker_filter()
        folders = [*view.libraries, *view.standard_library]
        shown = [entry for folder in folders for entry in _without(folder, view.masked)]
        read_only = [*shown, view.interpreter, *spec.readable]
        shown_folders = set(spec.readable)
        covered = [*view.masked, *(folder for folder in spec.import_path if folder not in shown_folders)]
        # Landlock 6 keeps signals inside; before it, only a uid of its own does where there is no namespace.
        lone = not offers.namespaces and offers.uid == 0 and offers.landlock < _LANDLOCK_SCOPES
        return json.dumps(
            {
                "unconfined": False,
                "parent": os.getpid(),
                "control_fd": control,
                "info_fd": info,
                "namespaces": offers.namespaces,
                "user_namespace": offers.user,
                "uid": next(_UIDS) if lone else None,
                "scratch": spec.scratch if offers.namespaces else (),
                "scratch_mib": spec.scratch_mib,
                "covered": [*sorted(map(str, covered)), *_COVERED],
                "read_only": [str(path) for path in read_only],
                "listed": [str(path) for path in (*view.standard_library, *spec.import_path)],
                "devices": _DEVICES,
                "seccomp": None if program is None else program.hex(),
                "environment": dict(environment()),
                "command": boot.command(spec, control),
            }
        )


def launcher() -> list[str]:
    """Return the command that starts the launcher; its settings follow."""
    return [str(host_view().interpreter), "-s", "-S", "-P", "-B", str(_LAUNCHER)]


def _without(folder: Path, masked: tuple[Path, ...]) -> list[Path]:
    """Return a folder, or its entries where some of it is masked: Landlock can only add rights."""
    if folder in masked:
        return []
    if not any(mask.is_relative_to(folder) for mask in masked):
        return [folder]
    return [part for entry in sorted(folder.iterdir()) for part in _without(entry, masked)]
