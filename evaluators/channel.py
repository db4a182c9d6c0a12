"""The trusted worker's end of a channel: one question, one answer, one deadline for all of them."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from typing import Any, Literal

from evaluators.wire import ANSWER, NONCE_BYTES, REQUEST, Limits, WireError, decode, encode

State = Literal["ok", "closed", "timeout", "output"]

_LENGTH = struct.Struct(">I")
_HEAD = _LENGTH.size + NONCE_BYTES
_CHUNK = 1 << 16
_GOODBYE_S = 1.0
"""How long a child may take to close after `stop` before one stops listening to it."""


class ChannelFailure(Exception):
    """The child broke the channel: it closed it, was too slow, or sent what it was not asked for."""

    def __init__(self, state: State, reason: str) -> None:
        """Keep what the channel is now, and one sentence."""
        super().__init__(reason)
        self.state: State = state
        self.reason = reason


class Channel:
    """A socket to a child that is never believed and never waited for beyond the deadline.

    Every request carries a fresh nonce, and the answer is the one frame that repeats it; bytes before the
    request is sent, after the answer, or under another nonce fail the channel. Many small writes of the child
    do not extend the deadline.
    """

    def __init__(self, end: socket.socket, wall_s: float) -> None:
        """Take over a socket; everything that is asked on it must be answered within `wall_s` in all."""
        end.setblocking(False)
        self._end = end
        self._deadline = time.monotonic() + wall_s
        self._poll = select.poll()

    def ask(self, request: Any, limits: Limits = ANSWER) -> Any:
        """Send one request and return the decoded answer.

        Raises:
            WireError: the request itself cannot be encoded: the evaluator's fault.
            ChannelFailure: anything that the child did wrong.
        """
        nonce = os.urandom(NONCE_BYTES)
        self._send(nonce, encode(request, REQUEST))
        answer = self._receive(limits)
        if answer[:NONCE_BYTES] != nonce:
            raise ChannelFailure("output", "a frame that nobody asked for")
        try:
            return decode(memoryview(answer)[NONCE_BYTES:], limits)
        except WireError as error:
            raise ChannelFailure("output", f"an answer that cannot be read: {error}") from None

    def finish(self) -> None:
        """Tell the child to stop, and make sure that it says nothing more.

        Raises:
            ChannelFailure: it sent another frame.
        """
        self._deadline = min(self._deadline, time.monotonic() + _GOODBYE_S)
        try:
            self._send(bytes(NONCE_BYTES), encode(("stop",)))
            self._end.shutdown(socket.SHUT_WR)
            said = self._some()
        except ChannelFailure as failure:
            if failure.state == "output":
                raise
            return  # it is gone or still busy: the zygote ends it
        except OSError:
            return
        if said:
            raise ChannelFailure("output", "a frame that nobody asked for")

    def close(self) -> None:
        """Close this end."""
        self._end.close()

    def _send(self, nonce: bytes, body: bytes) -> None:
        data = memoryview(_LENGTH.pack(len(nonce) + len(body)) + nonce + body)
        while data:
            try:
                data = data[self._end.send(data) :]
            except BlockingIOError:
                if self._wait(select.POLLIN | select.POLLOUT) & select.POLLIN:
                    raise ChannelFailure(*self._unasked()) from None
            except OSError:
                raise ChannelFailure("closed", "the program closed its channel") from None

    def _unasked(self) -> tuple[State, str]:
        try:
            said = self._end.recv(1)
        except OSError:
            said = b""
        if said:
            return "output", "a frame that nobody asked for"
        return "closed", "the program closed its channel"

    def _receive(self, limits: Limits) -> bytes:
        """Return nonce and body of exactly one frame."""
        data = self._must()
        while len(data) < _HEAD:
            data += self._must()
        size = _LENGTH.unpack_from(data)[0]
        if not NONCE_BYTES < size <= limits.max_bytes + NONCE_BYTES:
            raise ChannelFailure("output", f"a frame of {size} bytes: at most {limits.max_bytes}")
        wanted = _LENGTH.size + size
        if len(data) < wanted:
            grown = bytearray(data)
            while len(grown) < wanted:
                grown += self._must()
            data = bytes(grown)
        if len(data) > wanted:
            raise ChannelFailure("output", "more than one frame for one request")
        return data[_LENGTH.size :]

    def _must(self) -> bytes:
        data = self._some()
        if not data:
            raise ChannelFailure("closed", "the program ended before it answered")
        return data

    def _some(self) -> bytes:
        """Return the next bytes, or none where the child has closed."""
        while True:
            self._wait(select.POLLIN)
            try:
                return self._end.recv(_CHUNK)
            except BlockingIOError:
                continue
            except OSError:
                return b""

    def _wait(self, events: int) -> int:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise ChannelFailure("timeout", "the program took too long")
        self._poll.register(self._end, events)
        ready = self._poll.poll(left_s * 1000)
        if not ready:
            raise ChannelFailure("timeout", "the program took too long")
        return ready[0][1]
