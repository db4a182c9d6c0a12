"""Control frames between the pool and a worker: a length and JSON, with file descriptors beside them.

Both workers serve them with `serve`. Standard library only: the zygote uses this too.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

MAX_BYTES = 16 << 20
_LENGTH = struct.Struct(">I")
_MAX_FDS = 4

Handler = Callable[[Mapping[str, Any], list[int]], dict[str, Any]]
"""Takes a request and the descriptors that came with it, and owns those; returns the answer's fields."""


class Refusal(Exception):
    """A request cannot be served; the text is the one sentence that goes back."""


class ControlEnd(Exception):
    """The other side is gone or broke the protocol: this worker has nothing left to do."""


def serve(control: socket.socket, handlers: Mapping[str, Handler]) -> None:
    """Answer requests in order until the other side closes.

    Raises:
        ControlEnd: the other side sent something that is no control frame.
    """
    while True:
        request, fds = receive(control)
        if request is None:
            return
        handler = handlers.get(str(request.get("op")))
        try:
            if handler is None:
                raise Refusal(f"The op {request.get('op')!r} is unknown; known are {', '.join(handlers)}.")
            taken, fds = fds, []
            answer = {"ok": True, **handler(request, taken)}
        except Refusal as refusal:
            answer = {"ok": False, "error": str(refusal)}
        finally:
            close_all(fds)
        send(control, answer)


def send(control: socket.socket, message: Mapping[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send one frame, with descriptors beside its first bytes.

    Raises:
        ControlEnd: the other side is gone, or the message is too large for a frame.
    """
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    if len(body) > MAX_BYTES:
        raise ControlEnd(f"a control frame of {len(body)} bytes: at most {MAX_BYTES}")
    frame = _LENGTH.pack(len(body)) + body
    try:
        sent = socket.send_fds(control, [frame], list(fds)) if fds else 0
        control.sendall(frame[sent:])
    except OSError as error:
        raise ControlEnd(f"the control socket failed: {error}") from None


def receive(control: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """Receive one frame and its descriptors; `None` when the other side has closed.

    Raises:
        ControlEnd: what came is no control frame.
    """
    fds: list[int] = []
    try:
        head = _exactly(control, _LENGTH.size, fds)
        if not head:
            return None, fds
        (size,) = _LENGTH.unpack(head)
        if size > MAX_BYTES:
            raise ControlEnd(f"a control frame of {size} bytes: at most {MAX_BYTES}")
        message = json.loads(_exactly(control, size, fds))
    except (OSError, ValueError, ControlEnd) as error:
        close_all(fds)
        raise ControlEnd(str(error)) from None
    if not isinstance(message, dict):
        close_all(fds)
        raise ControlEnd("a control frame that is no JSON object")
    return message, fds


def close_all(fds: list[int]) -> None:
    """Close descriptors, each at most once."""
    while fds:
        os.close(fds.pop())


def _exactly(control: socket.socket, size: int, fds: list[int]) -> bytes:
    """Read so many bytes, or none where the other side closed before the first of a frame."""
    parts = bytearray()
    while len(parts) < size:
        part, more, _, _ = socket.recv_fds(control, min(size - len(parts), 1 << 20), _MAX_FDS)
        fds.extend(more)
        if not part:
            if parts or size != _LENGTH.size:
                raise ControlEnd("a control frame that ends early")
            return b""
        parts += part
    return bytes(parts)
