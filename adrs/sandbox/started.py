"""A worker that was started as a process tree of ours, and how it is ended for certain."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from adrs.errors import SandboxUnavailable
from adrs.sandbox.cgroup import MemoryGroup, limit_memory
from adrs.sandbox.contract import Worker, environment
from adrs.sandbox.said import Said

_START_S = 20.0
_END_S = 10.0


@dataclass(frozen=True)
class Launch:
    """How a launcher is started."""

    command: Sequence[str]
    stdin: bytes = b""
    """What it reads from its standard input."""
    inherited: Sequence[int] = ()
    """Further descriptors that it inherits."""
    env: Mapping[str, str] = field(default_factory=environment)


class StartedWorker(Worker):
    """A launcher process of ours (`bwrap`, our own) and the worker inside of it.

    The launcher dies with the thread that started it, and the worker with the launcher; so start, drive and
    end a worker from one thread.
    """

    def __init__(self, build: Callable[[int, int], Launch], *, memory_mib: int) -> None:
        """Start a worker.

        Args:
            build: says how to launch it, from the numbers of two descriptors: the control socket, and where
                the launcher writes `{"child-pid": n}`.
            memory_mib: limit of everything in the sandbox, where the host can hold one.

        Raises:
            SandboxUnavailable: the launcher ended, or does not say which process it started.
        """
        self._ended = False
        self._inner: int | None = None
        self._group: MemoryGroup | None = None
        self.control, control = socket.socketpair()
        info, info_write = os.pipe()
        self._said = Said()
        try:
            launch = build(control.fileno(), info_write)
            self._process = _started(launch, self._said.fileno(), (control.fileno(), info_write))
        except BaseException:
            self.control.close()
            os.close(info)
            self._said.close()
            raise
        finally:
            control.close()
            os.close(info_write)
        self.pid = self._process.pid
        self._group = limit_memory(self.pid, memory_mib)
        self._find_inner(info)
        if self._group is not None:
            self._group.add(self.pid)  # it may have been started before the launcher was in the group

    def _find_inner(self, info: int) -> None:
        """Learn which process the worker is."""
        deadline = time.monotonic() + _START_S
        said = b""
        try:
            while b"}" not in said and _readable(info, deadline - time.monotonic()):
                more = os.read(info, 4096)
                if not more:
                    break
                said += more
        finally:
            os.close(info)
        try:
            self.pid = int(json.loads(said)["child-pid"])
            self._inner = os.pidfd_open(self.pid)
        except (ValueError, KeyError, ProcessLookupError):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)  # it may still be saying why
            self.kill()
            reason = self.errors() or "no reason given"
            raise SandboxUnavailable(f"The sandbox did not start: {reason}.") from None

    def errors(self) -> str:
        """Return the end of what the worker has written to its standard error."""
        return self._said.text()

    def kill(self) -> None:
        """End the worker and everything in its sandbox, and wait until it is gone. Idempotent."""
        if self._ended:
            return
        if self._inner is not None:
            # The worker is the first process of its namespace: when it is gone, so is everything inside.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inner, signal.SIGKILL)
            _readable(self._inner, _END_S)
            os.close(self._inner)
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._group is not None:
            self._group.close()
        self._ended = True
        self._said.close()
        with suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()


def _started(launch: Launch, errors: int, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    with tempfile.TemporaryFile() as settings:
        settings.write(launch.stdin)
        settings.seek(0)
        try:
            return subprocess.Popen(  # noqa: S603  (a command of our own)
                list(launch.command),
                stdin=settings,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(*inherited, *launch.inherited),
                env=dict(launch.env),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxUnavailable(f"The sandbox's launcher cannot be started: {error}.") from None


def _readable(descriptor: int, within_s: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0.0, within_s) * 1000))
