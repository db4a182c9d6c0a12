"""The process behind `limited.LimitedPool`: runs named pure functions, one request at a time.

Run as a script (`python -s -S -P helper.py`) with its socket as standard input; standard library only.
A request is a frame of JSON `{"function": "module:name", "arguments": {...}, "cpu_s": n}`.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

_MIB = 1 << 20


def main() -> None:
    """Serve requests until the socket is closed."""
    settings = json.loads(sys.argv[1])
    sys.path.extend(settings["path"])
    channel = socket.socket(fileno=os.dup(0))
    _report_errors_to(channel)
    functions: dict[str, Callable[..., Any]] = {}
    while (request := _receive(channel)) is not None:
        name = request["function"]
        function = functions.get(name)
        if function is None:
            _set_soft(resource.RLIMIT_AS, resource.RLIM_INFINITY)
            module, _, attribute = name.partition(":")
            function = functions[name] = getattr(importlib.import_module(module), attribute)
            _set_soft(resource.RLIMIT_AS, _address_space() + settings["memory_mib"] * _MIB)
        _set_soft(resource.RLIMIT_CPU, int(_cpu_s() + request["cpu_s"]) + 1)
        _send(channel, _answer(function, request["arguments"]))


def _answer(function: Callable[..., Any], arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": True, "value": function(**arguments)}
    except MemoryError:
        return {"ok": False, "kind": "memory", "reason": "it needed more memory than it may have"}
    except RecursionError:
        return {"ok": False, "kind": "recursion", "reason": "it is nested too deeply"}


def _report_errors_to(channel: socket.socket) -> None:
    """Any other exception ends this process, and says why as its last answer."""

    def hook(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        reason = "".join(traceback.format_exception_only(kind, value)).strip()
        where = traceback.extract_tb(trace)[-1] if trace else None
        place = f" ({Path(where.filename).name}:{where.lineno})" if where else ""
        _send(channel, {"ok": False, "kind": "exception", "reason": reason[:2000] + place, "ended": True})

    sys.excepthook = hook


def _set_soft(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _send(channel: socket.socket, message: dict[str, Any]) -> None:
    body = json.dumps(message, separators=(",", ":")).encode()
    channel.sendall(struct.pack(">I", len(body)) + body)


def _receive(channel: socket.socket) -> Any:
    header = _read(channel, 4)
    if header is None:
        return None
    body = _read(channel, struct.unpack(">I", header)[0])
    return None if body is None else json.loads(body)


def _read(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        data = channel.recv(size - len(parts))
        if not data:
            return None
        parts += data
    return bytes(parts)


if __name__ == "__main__":
    main()
