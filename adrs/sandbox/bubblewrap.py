"""The bubblewrap back-end: every namespace, named folders read-only, no network, no capabilities."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from adrs.errors import SandboxUnavailable
from adrs.sandbox import boot
from adrs.sandbox.cgroup import memory_guarantee
from adrs.sandbox.check import try_out
from adrs.sandbox.contract import Guarantee, LaunchSpec, Sandbox, Worker, environment
from adrs.sandbox.process import launcher
from adrs.sandbox.seccomp import worker_filter
from adrs.sandbox.started import Launch, StartedWorker
from adrs.sandbox.view import host_view, require

_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
_FIXED = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--as-pid-1",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "sandbox",
    "--cap-drop",
    "ALL",
    "--clearenv",
)

_GUARDS: tuple[Mapping[str, bool], ...] = (
    {"guard": True, "user_namespace": False},
    {"guard": True, "user_namespace": True},
    {},
)
"""What lies around bwrap: a PID namespace of ours, as root or in a user namespace; or nothing.

Between starting its child and that child's own request for a parent-death signal, bwrap 0.8 leaves a gap in
which killing it leaves the child behind for good. A PID namespace has no such gap.
"""
_DIES = {
    True: "a PID namespace around it, and the parent-death signal",
    False: "the parent-death signal, with a gap of a millisecond while bwrap starts",
}


class Bubblewrap(Sandbox):
    """Starts workers with `bwrap`: as root, or as any user where user namespaces are allowed."""

    name = "bubblewrap"

    def __init__(self) -> None:
        """Use the first guard until `check` finds out which works here."""
        self._guard: Mapping[str, bool] = _GUARDS[0]

    def check(self) -> None:
        """Verify that bubblewrap works here, by starting something in it.

        Raises:
            SandboxUnavailable: it is not installed, or namespaces are not allowed.
        """
        for guard in _GUARDS:
            self._guard = guard
            try:
                try_out(self)
            except SandboxUnavailable as error:
                refusal = error
            else:
                return
        raise refusal

    def guarantees(self) -> tuple[Guarantee, ...]:
        """Return what it promises on this host and what it cannot."""
        filtered = worker_filter() is not None
        return (
            Guarantee("no network", True, "a network namespace without devices"),
            Guarantee("files", True, "a mount namespace of named, read-only folders"),
            Guarantee("file names hidden", True, "nothing else is in its file system"),
            Guarantee("other processes", True, "a PID namespace without /proc"),
            Guarantee("shared memory", True, "an IPC namespace and a private /dev/shm"),
            Guarantee("no privileges", True, "a user namespace, no capabilities, no new privileges"),
            Guarantee("environment", True, "cleared"),
            Guarantee("system calls", filtered, "seccomp" if filtered else "no numbers for this processor"),
            memory_guarantee(),
            Guarantee("dies with us", True, _DIES[bool(self._guard)]),
        )

    def launch(self, spec: LaunchSpec) -> Worker:
        """Start a worker.

        Raises:
            SandboxUnavailable: it cannot be started.
        """
        require(spec.readable)
        bwrap = shutil.which("bwrap")
        if bwrap is None:
            raise SandboxUnavailable(
                "The sandbox 'bubblewrap' needs the program bwrap, which is not installed; install the "
                "package bubblewrap (`apt install bubblewrap`), or use another sandbox."
            )
        with _seccomp_file() as filter_fd:

            def build(control: int, info: int) -> Launch:
                seccomp = () if filter_fd is None else ("--seccomp", str(filter_fd))
                variables = [word for pair in environment().items() for word in ("--setenv", *pair)]
                told = [] if self._guard else ["--info-fd", str(info)]
                command = [bwrap, *_FIXED, *seccomp, *told, *_mounts(spec), *variables, "--"]
                command += boot.command(spec, control)
                inherited = () if filter_fd is None else (filter_fd,)
                if not self._guard:
                    return Launch(command, inherited=inherited, env={})
                settings = {
                    **self._guard,
                    "parent": os.getpid(),
                    "control_fd": control,
                    "info_fd": info,
                    "command": command,
                    "environment": {},
                }
                return Launch(launcher(), json.dumps(settings).encode(), inherited)

            return StartedWorker(build, memory_mib=spec.memory_mib)


def _mounts(spec: LaunchSpec) -> list[str]:
    """The file system, in the order it is built: later mounts lie on top of earlier ones."""
    view = host_view()
    words: list[str] = []
    for path in (*view.libraries, *view.standard_library, view.interpreter):
        words += ["--ro-bind", str(path), str(path)]
    for place, target in view.links:
        words += ["--symlink", target, place]
    for path in view.masked:
        words += ["--tmpfs", str(path)]
    for device in _DEVICES:
        words += ["--dev-bind", device, device]
    for folder in spec.scratch:
        words += ["--size", str(spec.scratch_mib << 20), "--tmpfs", folder]
    for path in spec.readable:
        words += ["--ro-bind", str(path), str(path)]
    for path in view.masked:
        words += ["--remount-ro", str(path)]
    return [*words, "--remount-ro", "/", "--chdir", next(iter(spec.scratch), "/")]


@contextmanager
def _seccomp_file() -> Iterator[int | None]:
    program = worker_filter()
    if program is None:
        yield None
        return
    descriptor = os.memfd_create("seccomp", 0)
    try:
        os.write(descriptor, program)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
