"""The first program in a container of the Docker back-end: finishes confining, then becomes the worker.

Run as a script with its settings as the one argument; standard library and `launcher.py` only, which is
shown beside it. In order: connect to the control socket, take the file that standard error goes to, compare
Python and libraries with the host's, leave only the needed folders in reach (Landlock, where the kernel has
it), no new sockets (seccomp), `execve` with an empty environment.

What the back-end hears first on the socket is `+`, or `-` and one sentence.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from adrs.sandbox import launcher

CONTROL_FD = 3
"""The control socket's number in the worker."""
ERRORS, READY, REFUSED = b"e", b"+", b"-"
"""What the back-end says with the file for standard error, and what it hears."""
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")


def main() -> None:
    """Confine this container's first process as the settings ask, and become the worker."""
    settings = json.loads(sys.argv[1])
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(settings["control"])
    _, descriptors, _, _ = socket.recv_fds(control, len(ERRORS), 1)
    if not descriptors:
        sys.exit(1)
    os.dup2(descriptors[0], 2)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    try:
        _compare(settings["python"], settings["libraries"])
    except launcher.Refused as refusal:
        control.sendall(REFUSED + str(refusal).encode())
        sys.exit(1)
    control.sendall(READY)
    if settings["watched"]:
        _watch(control)
    try:
        _confine(settings)
    except launcher.Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    os.dup2(control.detach(), CONTROL_FD)
    os.set_inheritable(CONTROL_FD, True)  # where it had this number already, dup2 did nothing
    os.closerange(CONTROL_FD + 1, 64)
    command = [os.path.realpath(sys.executable), *settings["command"]]
    os.execve(command[0], command, settings["environment"])  # noqa: S606


def _compare(python: str, libraries: dict[str, list[str]]) -> None:
    """Check that this is the Python of the host, and that every library has the host's version."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != python:
        raise launcher.Refused(f"it has Python {here}, and this host has Python {python}")
    for name, (folder, version) in libraries.items():
        found = [path.name for path in Path(folder).glob("*.dist-info")]
        if not any(_says(each, name, version) for each in found):
            what = ", ".join(each.removesuffix(".dist-info") for each in found) or "nothing of that name"
            raise launcher.Refused(f"it has {what}, and this host has {name} {version}")


def _says(folder: str, name: str, version: str) -> bool:
    """Whether a folder `Name-1.0.dist-info` is of this distribution and version."""
    found, _, says = folder.removesuffix(".dist-info").partition("-")
    return found.lower().replace("_", "-").replace(".", "-") == name and says == version


def _watch(control: socket.socket) -> None:
    """Fork; the child goes on. This process ends, and all of the container with it, when the socket closes.

    A worker that computes for minutes would not notice that adrs was killed.
    """
    child = os.fork()
    if child == 0:
        return
    handle = os.pidfd_open(child)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(control, select.POLLRDHUP)
    poll.poll()
    os.kill(child, signal.SIGKILL)
    os._exit(0)


def _confine(settings: dict[str, Any]) -> None:
    abi = launcher.landlock_abi()
    if abi:
        system = [path for path in (*_SYSTEM, sys.base_prefix) if Path(path).exists()]
        paths = {**settings, "read_only": [*system, *settings["read_only"]]}
        launcher.restrict_files(paths, launcher.landlock_rights(abi))
    if settings["seccomp"] is not None:
        launcher.filter_calls(bytes.fromhex(settings["seccomp"]))


if __name__ == "__main__":
    main()
