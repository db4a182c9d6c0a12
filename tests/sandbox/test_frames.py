from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adrs.errors import WorkerLost
from adrs.sandbox import frames


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


def test_a_frame_that_comes_byte_by_byte_is_one_message(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    message = {"op": "run", "text": "x" * 300}

    def trickle() -> None:
        for byte in frames.encode(message):
            theirs.send(bytes([byte]))

    sender = threading.Thread(target=trickle)
    sender.start()
    assert frames.receive(ours, soon()) == message
    sender.join()


def test_a_message_that_does_not_fit_at_once_passes(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    message = {"text": "y" * 3_000_000}
    sender = threading.Thread(target=frames.send, args=(theirs, message, soon()))
    sender.start()
    assert frames.receive(ours, soon()) == message
    sender.join()


def test_a_descriptor_comes_with_the_first_byte_and_once(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    message = {"text": "z" * 1_000_000}
    with Path("/dev/null").open() as file:
        sender = threading.Thread(target=frames.send, args=(theirs, message, soon(), file.fileno()))
        sender.start()
        data, descriptors, _, _ = socket.recv_fds(ours, 1, 4)
        assert os.fstat(descriptors[0]).st_rdev == os.fstat(file.fileno()).st_rdev
        while len(data) < len(frames.encode(message)):
            more, again, _, _ = socket.recv_fds(ours, 1 << 20, 4)
            assert again == []
            data += more
        sender.join()
    assert data == frames.encode(message)
    assert len(descriptors) == 1
    os.close(descriptors[0])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (frames.encode({"a": 1}) + b"\0", "more than one frame"),
        (frames.encode({"a": 1}) * 2, "more than one frame"),
        ((frames.MAX_FRAME + 1).to_bytes(4, "big"), "a frame of 16777217 bytes"),
        ((2).to_bytes(4, "big") + b"[]", "not a JSON object"),
        ((1).to_bytes(4, "big") + b"{", "not JSON"),
        ((9).to_bytes(4, "big") + b"{", "ended"),
        (b"", "ended"),
    ],
)
def test_what_is_no_frame_loses_the_worker(
    ends: tuple[socket.socket, socket.socket], sent: bytes, said: str
) -> None:
    ours, theirs = ends
    theirs.sendall(sent)
    theirs.close()
    with pytest.raises(WorkerLost, match=said):
        frames.receive(ours, soon())


def test_nobody_waits_beyond_a_deadline(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    theirs.send(b"\0\0")
    with pytest.raises(frames.DeadlinePassed):
        frames.receive(ours, soon(0.05))
    with pytest.raises(frames.DeadlinePassed):
        frames.write(ours, bytes(50_000_000), soon(0.05))
    theirs.close()
    with pytest.raises(WorkerLost, match="closed its socket"):
        frames.send(ours, {}, soon())


def test_closed_is_what_the_other_end_or_we_have_closed_and_not_what_has_something_to_say() -> None:
    pairs = [socket.socketpair() for _ in range(4)]
    quiet, talking, gone, ours_closed = (ours for ours, _ in pairs)
    pairs[1][1].send(b"something")
    pairs[2][1].send(b"last words")
    pairs[2][1].close()
    ours_closed.close()
    assert frames.closed(quiet, talking, gone, ours_closed) == {gone, ours_closed}
    assert frames.closed(quiet, talking) == set()
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
