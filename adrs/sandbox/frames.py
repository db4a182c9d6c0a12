"""Control frames: four bytes of big-endian length, then one JSON object; a descriptor may ride along.

See `docs/reference/workers.md`. Every call has an absolute deadline; used by the thread that drives a worker.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from adrs.errors import WorkerLost

MAX_FRAME = 16 << 20
"""The longest control frame that is taken, in bytes."""

_HEADER = struct.Struct(">I")
_CHUNK = 1 << 14


class DeadlinePassed(Exception):
    """A worker did not answer in time."""


def encode(message: Mapping[str, Any]) -> bytes:
    """Return a control frame."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _HEADER.pack(len(body)) + body


def send(
    sock: socket.socket, message: Mapping[str, Any], deadline: float, descriptor: int | None = None
) -> None:
    """Write one frame, and a descriptor with its first byte.

    Args:
        sock: a blocking stream socket.
        message: a JSON object.
        deadline: on the clock of `time.monotonic`.
        descriptor: a file descriptor to hand over, or None.

    Raises:
        WorkerLost: the other end is closed.
        DeadlinePassed: the other end does not read.
    """
    write(sock, encode(message), deadline, descriptor)


def write(sock: socket.socket, data: bytes, deadline: float, descriptor: int | None = None) -> None:
    """Write bytes, and a descriptor with the first of them. Raises as `send` does."""
    view = memoryview(data)
    flags = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
    while view:
        try:
            if descriptor is None:
                sent = sock.send(view, flags)
            else:
                sent = socket.send_fds(sock, [view], [descriptor], flags)
                descriptor = None
        except BlockingIOError:
            _wait(sock, select.POLLOUT, deadline)
            continue
        except OSError as error:
            raise WorkerLost(f"A worker closed its socket: {error.strerror}.") from None
        view = view[sent:]


def receive(sock: socket.socket, deadline: float) -> dict[str, Any]:
    """Read one frame.

    Raises:
        WorkerLost: the other end is closed, or what came is not a control frame.
        DeadlinePassed: no whole frame came in time.
    """
    data = _some(sock, deadline)
    while len(data) < _HEADER.size:
        data += _some(sock, deadline)
    size = _HEADER.unpack_from(data)[0]
    if size > MAX_FRAME:
        raise WorkerLost(f"A worker announced a frame of {size} bytes; at most {MAX_FRAME} are taken.")
    end = _HEADER.size + size
    while len(data) < end:
        data += _some(sock, deadline)
    if len(data) > end:
        raise WorkerLost("A worker sent more than one frame for one request.")
    try:
        message = json.loads(data[_HEADER.size :])
    except (ValueError, RecursionError):
        raise WorkerLost("A worker sent a frame that is not JSON.") from None
    if not isinstance(message, dict):
        raise WorkerLost("A worker sent a frame that is not a JSON object.")
    return message


def closed(*channels: socket.socket) -> set[socket.socket]:
    """Return those whose other end is closed, or that are closed themselves: one look at all of them."""
    found = {channel for channel in channels if channel.fileno() < 0}
    poll = select.poll()
    for channel in channels:
        if channel not in found:
            poll.register(channel, select.POLLRDHUP)
    ended = {descriptor for descriptor, _ in poll.poll(0)}
    return found | {channel for channel in channels if channel.fileno() in ended}


def _some(sock: socket.socket, deadline: float) -> bytearray:
    """Return the next bytes: mostly a whole frame, so that an answer takes one call for it."""
    while True:
        _wait(sock, select.POLLIN, deadline)
        try:
            data = sock.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except OSError as error:
            raise WorkerLost(f"A worker's socket broke: {error.strerror}.") from None
        if not data:
            raise WorkerLost("A worker ended.")
        return bytearray(data)


def _wait(sock: socket.socket, event: int, deadline: float) -> None:
    poll = select.poll()
    try:
        poll.register(sock, event)
    except ValueError:
        raise WorkerLost("A worker was stopped.") from None
    left_s = deadline - time.monotonic()
    if left_s <= 0 or not poll.poll(left_s * 1000):
        raise DeadlinePassed
