"""Pure functions of ours on hostile text, in helper processes with limits.

Parsers crash and hang on hostile text, so nothing that a candidate or a model wrote is parsed in the main
process. The functions are trusted; what they are given is not. Candidates never run here: see `Sandbox`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from adrs.errors import AdrsError
from adrs.sandbox.contract import environment

FailureOf = Literal["timeout", "memory", "recursion", "crash", "exception"]

_HELPER = Path(__file__).with_name("helper.py")
_PACKAGES = str(Path(__file__).resolve().parent.parent.parent)
_HEADER = struct.Struct(">I")
_MAX_ANSWER = 64 << 20
_CLOCK_FACTOR = 4


class LimitedFailure(AdrsError):
    """A limited call did not return: the text was too much for it, or the function has a bug."""

    def __init__(self, kind: FailureOf, reason: str) -> None:
        """Keep the kind and the reason (one line)."""
        super().__init__(f"{kind}: {reason}")
        self.kind: FailureOf = kind
        self.reason = reason


class LimitedPool:
    """A few helper processes that run named pure functions under limits.

    Every call may be the last of its helper: one that hangs or crashes is killed and replaced.
    Helpers start when they are first needed and hold no state between calls but imported modules.
    """

    def __init__(self, *, workers: int = 1, memory_mib: int = 512) -> None:
        """Keep the sizes; nothing is started yet.

        Args:
            workers: how many calls may run at the same time.
            memory_mib: growth of a helper's address space over what its imports took.
        """
        self._memory_mib = memory_mib
        self._workers = workers
        self._closed = False
        self._free: asyncio.LifoQueue[_Helper | None] = asyncio.LifoQueue()
        self._helpers: set[_Helper] = set()

    async def __aenter__(self) -> Self:
        """Open the pool."""
        self._closed = False
        self._free = asyncio.LifoQueue()
        for _ in range(self._workers):
            self._free.put_nowait(None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every helper."""
        self._closed = True
        for helper in tuple(self._helpers):
            self._end(helper)

    async def call(
        self, function: str, arguments: Mapping[str, Any], *, timeout_s: float = 5.0
    ) -> Any:  # plain JSON, so its type is the function's business
        """Run `"module:function"` with keyword arguments of plain JSON and return what it returned.

        Raises:
            LimitedFailure: it took more than `timeout_s` of CPU time, or four times that by the clock (what
                is allowed must not depend on how busy the machine is), too much memory or nesting, crashed
                its process, or raised.
        """
        if self._closed:
            raise LimitedFailure("crash", "the pool of helpers is closed")
        body = {"function": function, "arguments": arguments, "cpu_s": timeout_s}
        request = json.dumps(body, separators=(",", ":")).encode()
        helper = await self._free.get() or self._start()
        intact = False
        try:
            async with asyncio.timeout(timeout_s * _CLOCK_FACTOR):
                answer = await helper.exchange(request)
            intact = not answer.get("ended", False)
        except TimeoutError:
            raise LimitedFailure("timeout", f"it took longer than {timeout_s * _CLOCK_FACTOR:g} s") from None
        finally:
            if not intact:
                self._end(helper)
            self._free.put_nowait(helper if intact else None)
        if answer["ok"]:
            return answer["value"]
        raise LimitedFailure(answer["kind"], answer["reason"])

    def _start(self) -> _Helper:
        helper = _Helper(self._memory_mib)
        self._helpers.add(helper)
        return helper

    def _end(self, helper: _Helper) -> None:
        helper.kill()
        self._helpers.discard(helper)


class _Helper:
    """One process and its socket."""

    def __init__(self, memory_mib: int) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        path = [
            str(Path(entry).resolve()) for entry in (_PACKAGES, *sys.path) if entry and Path(entry).is_dir()
        ]
        settings = json.dumps({"path": list(dict.fromkeys(path)), "memory_mib": memory_mib})
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and script)
                [sys.executable, "-s", "-S", "-P", "-B", str(_HELPER), settings],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(environment()),
                cwd="/",
                start_new_session=True,
            )

    async def exchange(self, request: bytes) -> dict[str, Any]:
        """Send one request and return its answer."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._socket, _HEADER.pack(len(request)) + request)
            data = await loop.sock_recv(self._socket, 1 << 16)
            while data and (len(data) < 4 or len(data) < 4 + _HEADER.unpack_from(data)[0]):
                more = await loop.sock_recv(self._socket, 1 << 20)
                data = data + more if more and len(data) < _MAX_ANSWER else b""
        except OSError:
            data = b""
        if not data:
            raise self._how_it_ended()
        answer: dict[str, Any] = json.loads(data[4:])
        return answer

    def _how_it_ended(self) -> LimitedFailure:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return LimitedFailure("crash", "its process closed its socket")
        if code == -signal.SIGXCPU:
            return LimitedFailure("timeout", "it used too much CPU time")
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return LimitedFailure("crash", f"its process ended with {how}")

    def kill(self) -> None:
        """End the process and wait for it. Idempotent."""
        self._socket.close()
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
