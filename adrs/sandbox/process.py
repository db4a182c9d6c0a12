"""The process back-end: what the kernel offers without any program installed.

Landlock for files, seccomp against sockets, no capabilities, no new privileges, an empty environment; and the
best way that works here to keep other processes out of reach: namespaces, the signal scope of Landlock, a uid
of its own, or only the system call filter of the candidate. See `launcher.py`.
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
from adrs.sandbox.started import Launch, StartedWorker
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


@dataclass(frozen=True)
class Way:
    """One way to keep other processes out of reach."""

    how: str
    namespaces: bool = False
    user_namespace: bool = False
    own_uid: bool = False
    signals: bool = True
    """Whether it keeps the signals of a whole worker inside, and not only those of a candidate."""


def ways(offers: Offers) -> tuple[Way, ...]:
    """Return what may work on this host, strongest first."""
    found = []
    if offers.user:
        found.append(Way("PID, mount, network and IPC namespaces", namespaces=True, user_namespace=True))
    if offers.plain:
        found.append(Way("PID, mount, network and IPC namespaces", namespaces=True))
    if offers.landlock >= _LANDLOCK_SCOPES:
        found.append(Way(f"Landlock {offers.landlock}: no signals to the outside"))
    if offers.uid == 0:
        found.append(Way("another uid", own_uid=True))
    found.append(Way("a candidate's system call filter has no call that signals others", signals=False))
    return tuple(found)


class Process(Sandbox):
    """Starts workers as confined processes of the host."""

    name = "process"

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
            launcher(), input=b'{"probe": true}', capture_output=True, check=False, timeout=20
        )
        if told.returncode:
            raise SandboxUnavailable(
                f"The sandbox 'process' cannot look at this kernel: {told.stderr.decode()}"
            )
        return Offers(**json.loads(told.stdout))

    @cached_property
    def way(self) -> Way:
        """The strongest way that works here; found once, by trying.

        Raises:
            SandboxUnavailable: none does.
        """
        if self.offers.landlock < 1:
            raise SandboxUnavailable(
                "The sandbox 'process' needs Landlock (Linux 5.13 or newer, with `landlock` in the kernel's "
                "`lsm=` list), which this machine does not offer; install bubblewrap, or use another sandbox."
            )
        reasons = []
        for way in ways(self.offers):
            if not way.namespaces and worker_filter() is None:
                reasons.append("without namespaces nothing keeps the network out on this processor")
                continue
            try:
                try_out(_OneWay(self.offers, way), signals=way.signals)
            except SandboxUnavailable as error:
                reasons.append(str(error))
            else:
                return way
        raise SandboxUnavailable(reasons[0])

    @property
    def private_scratch(self) -> bool:  # type: ignore[override]
        """Whether a mount namespace can hold private folders; otherwise nothing is writable at all."""
        return self.way.namespaces

    def check(self) -> None:
        """Verify that this back-end works here, by starting something in it.

        Raises:
            SandboxUnavailable: the kernel lacks Landlock, or what was started could get out.
        """
        assert self.way is not None  # noqa: S101  (finding it is the check)

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises on this host and what it cannot."""
        spaces, filtered = self.way.namespaces, worker_filter() is not None
        files = f"Landlock {self.offers.landlock}: named paths, read-only; "
        files += "scratch is private, empty and capped" if spaces else "nothing is writable, scratch included"
        shared = "an IPC namespace" if spaces else "System V IPC of the host is in reach of a worker"
        return (
            Guarantee("no network", True, "a network namespace" if spaces else "seccomp: no sockets"),
            Guarantee("files", True, files),
            Guarantee("file names hidden", False, "Landlock does not hide whether a path exists"),
            Guarantee("other processes", True, self.way.how),
            Guarantee("shared memory", spaces, shared),
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

        def build(control: int, info: int) -> Launch:
            return Launch(launcher(), json.dumps(self._settings(spec, control, info)).encode())

        return StartedWorker(build, memory_mib=spec.memory_mib)

    def _settings(self, spec: LaunchSpec, control: int, info: int) -> dict[str, object]:
        way, view, program = self.way, host_view(), worker_filter()
        folders = [*view.libraries, *view.standard_library]
        shown = [entry for folder in folders for entry in _without(folder, view.masked)]
        whole = set(spec.readable)
        covered = {*view.masked, *(folder for folder in spec.import_path if folder not in whole)}
        return {
            "unconfined": False,
            "parent": os.getpid(),
            "control_fd": control,
            "info_fd": info,
            "namespaces": way.namespaces,
            "user_namespace": way.user_namespace,
            "uid": next(_UIDS) if way.own_uid else None,
            "scratch": spec.scratch if way.namespaces else (),
            "scratch_mib": spec.scratch_mib,
            "covered": [*sorted(map(str, covered)), *_COVERED],
            "read_only": [str(path) for path in (*shown, view.interpreter, *spec.readable)],
            "listed": [str(path) for path in (*view.standard_library, *spec.import_path)],
            "devices": _DEVICES,
            "seccomp": None if program is None else program.hex(),
            "environment": dict(environment()),
            "command": boot.command(spec, control, names_hidden=way.namespaces),
        }


class _OneWay(Process):
    """The back-end in a way that is being tried out."""

    def __init__(self, offers: Offers, way: Way) -> None:
        self.__dict__.update(offers=offers, way=way)


def launcher() -> list[str]:
    """Return the command that starts the launcher; it reads its settings from standard input."""
    return [str(host_view().interpreter), "-s", "-S", "-P", "-B", str(_LAUNCHER)]


def _without(folder: Path, masked: tuple[Path, ...]) -> list[Path]:
    """Return a folder, or its entries where some of it is masked: Landlock can only add rights."""
    if folder in masked:
        return []
    if not any(mask.is_relative_to(folder) for mask in masked):
        return [folder]
    return [part for entry in sorted(folder.iterdir()) for part in _without(entry, masked)]
