"""The zygote: holds the declared libraries, forks a child per program and group, and cleans up after each.

Run as `python -m evaluators.zygote --control-fd N --libraries numpy --interface FILE --scratch DIR`; it
serves the control frames of docs/reference/workers.md. It has one thread, never computes, holds no program,
no workload and no seed, and never waits for a child without a limit. Standard library only, but for the
declared libraries.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import importlib.util
import os
import platform
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluators.child import run_child
from evaluators.control import ControlEnd, Refusal, close_all, serve
from evaluators.limits import address_space
from evaluators.program import STANDARD_IMPORTS
from evaluators.seccomp import Filter, SeccompError, hide_and_adopt
from evaluators.sweep import sweep

_SWEEP_S = 2.0
_REAP_S = 2.0
_NAP_S = 0.0005
_MIB_IN_KIB = 1024


class Zygote:
    """Answers control frames. At most one child lives at a time."""

    def __init__(
        self, libraries: list[str], interface: Path | None, scratch: list[str], confined: bool
    ) -> None:
        """Import what every child will have, and get ready to fork.

        Raises:
            Refusal: a library or the interface cannot be imported, or this machine has no filter.
        """
        for name in (*STANDARD_IMPORTS, "random", *libraries):
            _import(name)
        if "numpy" in sys.modules:
            _import("numpy.random")  # each child seeds it
        if interface is not None:
            _import_interface(interface)
        self._libraries = libraries
        self._scratch = scratch
        self._child: int | None = None
        try:
            self._filter = Filter() if confined else None
            if self._filter is not None:
                _try_out(self._filter)
        except SeccompError as error:
            raise Refusal(str(error)) from None
        gc.collect()
        gc.freeze()  # a child's first collection would otherwise copy every page of the libraries
        self._bytes = address_space()

    def serve(self, control: socket.socket) -> None:
        """Answer until the pool closes the control socket; then end what still runs."""
        try:
            serve(control, {"hello": self.hello, "fork": self.fork, "end": self.end})
        finally:
            if self._child is not None:
                _signal(self._child, signal.SIGKILL)

    def hello(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Say what every child has."""
        close_all(fds)
        return {
            "python": platform.python_version(),
            "libraries": {name: _version(name) for name in self._libraries},
            "pid": os.getpid(),
            "seccomp": self._filter is not None,
        }

    def fork(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Start a child on the channel that came with the request."""
        try:
            if self._child is not None:
                raise Refusal("A child runs already; send end first.")
            if len(fds) != 1:
                raise Refusal(f"fork needs one descriptor; {len(fds)} came.")
            pid = os.fork()
            if pid == 0:
                run_child(fds[0], self._bytes, next(iter(self._scratch), None), self._filter)
        finally:
            close_all(fds)
        self._child = pid
        return {"pid": pid}

    def end(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Wait for the child, kill it if it takes too long, and leave nothing of it."""
        close_all(fds)
        if self._child is None:
            raise Refusal("No child runs.")
        pid, self._child = self._child, None
        ended = _wait(pid, float(request["kill_after_s"]))
        killed = ended is None
        if killed:
            _signal(pid, signal.SIGKILL)
            ended = _wait(pid, _REAP_S)
        alone = _kill_rest(pid)
        swept = sweep(self._scratch, _SWEEP_S) and alone and ended is not None
        status, cpu_s, peak_mib = ended or (0, 0.0, 0.0)
        return {
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "cpu_s": cpu_s,
            "peak_mib": peak_mib,
            "swept": swept,
            "killed": killed,
        }


def _wait(pid: int, within_s: float) -> tuple[int, float, float] | None:
    """Return status, CPU seconds and peak memory of an ended child, or None where it still runs then."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        _nap_until_ended(pid, within_s)
    else:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(within_s * 1000)
        os.close(handle)
    found, status, usage = os.wait4(pid, os.WNOHANG)
    if found == 0:
        return None
    return status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _MIB_IN_KIB


def _nap_until_ended(pid: int, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(_NAP_S)


def _kill_rest(pid: int) -> bool:
    """Kill whatever a child may have started, and reap it; return whether nothing is left.

    The filter allows no new process, so that this finds none; it does not rely on it.
    """
    if os.getpid() == 1:
        _signal(-1, signal.SIGKILL)
    _signal(-pid, signal.SIGKILL)
    deadline = time.monotonic() + _REAP_S
    while True:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if found == 0:
            if time.monotonic() > deadline:
                return False
            time.sleep(_NAP_S)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError as error:
        raise Refusal(f"The library {name!r} cannot be imported in the sandbox: {error}.") from None


def _import_interface(path: Path) -> None:
    spec = importlib.util.spec_from_file_location("interface", path)
    if spec is None or spec.loader is None:
        raise Refusal(f"{path} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["interface"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  (an author's code may raise anything; the sentence names it)
        raise Refusal(f"{path} cannot be imported: {type(error).__name__}: {error}.") from None


def _version(name: str) -> str:
    return str(getattr(sys.modules[name], "__version__", ""))


def _try_out(allowed: Filter) -> None:
    """Set the filter in a process of its own, to learn now whether the kernel takes it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            allowed.set()
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise SeccompError("The kernel refuses the seccomp filter, so nothing can be run confined here.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evaluators.zygote")
    parser.add_argument("--control-fd", type=int, required=True)
    parser.add_argument("--libraries", default="")
    parser.add_argument("--interface", type=Path)
    parser.add_argument("--scratch", action="append", default=[])
    parser.add_argument("--no-seccomp", action="store_true")
    return parser.parse_args()


def _refusing(reason: str) -> Any:
    def handler(request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        close_all(fds)
        raise Refusal(reason)

    return handler


def main() -> None:
    """Serve the control socket whose descriptor is named on the command line."""
    options = _options()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's to handle
    hide_and_adopt()
    control = socket.socket(fileno=options.control_fd)
    libraries = [name for name in options.libraries.split(",") if name]
    try:
        try:
            zygote = Zygote(libraries, options.interface, options.scratch, not options.no_seccomp)
        except Refusal as refusal:
            serve(control, {"hello": _refusing(str(refusal))})
            return
        zygote.serve(control)
    except ControlEnd as end:
        raise SystemExit(f"evaluators.zygote: {end}") from None


if __name__ == "__main__":
    main()
