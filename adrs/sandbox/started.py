"""A worker that was started as a process tree of ours, and how it is ended for certain."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from adrs.errors import SandboxUnavailable
from adrs.sandbox.cgroup import MemoryGroup, limit_memory
from adrs.sandbox.contract import Worker, environment

_START_S = 20.0
_END_S = 10.0


class StartedWorker(Worker):
    """A launcher process of ours (`bwrap`, our own) and the worker inside of it.

    The launcher dies with the thread that started it, and the worker with the launcher; so start, drive and
    end a worker from one thread.
    """

    def __init__(
        self,
        build: Callable[[int, int], Sequence[str]],
        *,
        memory_mib: int,
        extra: Sequence[int] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        """Start a worker.

        Args:
            build: makes the command from the numbers of two descriptors: the control socket, and where the
                launcher writes `{"child-pid": n}`.
            memory_mib: limit of everything in the sandbox, where the host can hold one.
            extra: further descriptors that the launcher inherits.
            env: its environment; the contract's where None.

        Raises:
            SandboxUnavailable: the launcher ended, or does not say which process it started.
        """
        self.control, control = socket.socketpair()
        info, info_write = os.pipe()
        self._errors, errors_write = os.pipe()
        os.set_blocking(self._errors, False)
        self._said = b""
        self._ended = False
        self._inner: int | None = None
        self._group: MemoryGroup | None = None
        try:
            command = build(control.fileno(), info_write)
            self._process = subprocess.Popen(  # noqa: S603  (a command of our own)
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors_write,
                pass_fds=(control.fileno(), info_write, *extra),
                env=dict(environment()) if env is None else env,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self.control.close()
            os.close(info)
            os.close(self._errors)
            raise SandboxUnavailable(f"The sandbox's launcher cannot be started: {error}.") from None
        finally:
            control.close()
            os.close(info_write)
            os.close(errors_write)
        self.pid = self._process.pid
        self._find_inner(info)
        self._group = limit_memory(self.pid, memory_mib)

    def _find_inner(self, info: int) -> None:
        deadline = time.monotonic() + _START_S
        said = b""
        with os.fdopen(info, "rb", buffering=0) as pipe:
            while (
                b"}" not in said and select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]
            ):
                more = pipe.read(4096)
                if not more:
                    break
                said += more
        try:
            self.pid = int(json.loads(said)["child-pid"])
            self._inner = os.pidfd_open(self.pid)
        except (ValueError, KeyError, ProcessLookupError):
            time.sleep(0.01)
            self.kill()
            raise SandboxUnavailable(
                f"The sandbox did not start: {self.errors() or 'no reason given'}."
            ) from None

    def alive(self) -> bool:
        """Whether the worker still runs."""
        return not self._ended and self._process.poll() is None

    def errors(self) -> str:
        """Return the end of what the worker has written to its standard error so far."""
        with suppress(OSError):
            while data := os.read(self._errors, 1 << 16):
                self._said = (self._said + data)[-4096:]
        return self._said.decode(errors="replace").strip()

    def kill(self) -> None:
        """End the worker and everything in its sandbox, and wait until it is gone. Idempotent."""
        if self._ended:
            return
        self._ended = True
        if self._inner is not None:
            # The worker is the first process of its namespace: when it is gone, so is everything inside.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._inner, signal.SIGKILL)
            select.select([self._inner], [], [], _END_S)
            os.close(self._inner)
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._group is not None:
            self._group.close()
        self.errors()
        with suppress(OSError):
            os.close(self._errors)
            self._errors = -1
        with suppress(OSError):
            self.control.shutdown(socket.SHUT_RDWR)
        self.control.close()
