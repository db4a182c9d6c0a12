"""A child of the zygote: confines itself, takes one program from its channel, and answers for it.

The child holds nothing secret. Whatever the program does to this process, it can only harm itself: the
trusted worker believes nothing but well-formed answers, and how a child ends is seen by the zygote. Standard
library only.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from evaluators.limits import set_limits
from evaluators.program import Described, Program
from evaluators.seccomp import Filter, die_with_parent
from evaluators.wire import ANSWER, NONCE_BYTES, REQUEST, TooLarge, WireError, decode, encode, is_named_tuple

CHANNEL = 3
"""The one descriptor that a child has besides 0, 1 and 2, which are /dev/null."""
_LENGTH = struct.Struct(">I")
_LIMITS_BYTES, _PROGRAM_BYTES = 4096, 16 << 20
_HIGH, _MOST_FDS = 20, 4096
_ENDED_BY_ITSELF = 70
_TRACEBACK = BaseException.__dict__["__traceback__"]
_SPARE_BYTES = 8 << 20
"""Kept aside so that a program that took all memory can still be told apart from one that crashed."""

_SEED_BYTES = 32
_REHEARSED = {
    "files": {"_rehearsed.py": "def plan(given, rng):\n    return [0, 1.5, 'text']\n"},
    "entry_file": "_rehearsed.py",
    "entry_name": "plan",
    "imports": [],
}

Answer = tuple[list[Any], list[tuple[int, str, str]]]
"""One answer per question, and failures as (position, kind, reason)."""


def run_child(channel: int, zygote_bytes: int, scratch: str | None, allowed: Filter | None) -> NoReturn:
    """Become the child: called right after the fork, and never returns.

    It may wait long for its limits; what is not ours comes only after they are set.

    Args:
        channel: the child's end of its channel.
        zygote_bytes: the address space of the zygote.
        scratch: the folder to start in.
        allowed: the system calls that are left, or None in the unconfined back-end.
    """
    code = _ENDED_BY_ITSELF
    try:
        _only_channel(channel)
        _settle(scratch)
        set_limits(_read_frame(_LIMITS_BYTES), zygote_bytes + _SPARE_BYTES)
        if allowed is not None:
            allowed.set()
        server = _Server(Program(_read_frame(_PROGRAM_BYTES)))
        _rehearse()
        server.serve()
        os.close(CHANNEL)  # heard at once; giving all memory back takes a while longer
        code = 0
    finally:
        os._exit(code)


def _only_channel(channel: int) -> None:
    """Leave the channel as descriptor 3, /dev/null as 0, 1 and 2, and nothing else."""
    kept = fcntl.fcntl(channel, fcntl.F_DUPFD, _HIGH)
    # Opened here and not in the zygote: the flags of a shared description would outlive this child.
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(CHANNEL):
        os.dup2(null, number)
    os.dup2(kept, CHANNEL)
    os.closerange(CHANNEL + 1, _MOST_FDS)


def _settle(scratch: str | None) -> None:
    os.setsid()
    die_with_parent()
    os.umask(0o077)
    os.chdir(scratch or "/")
    # Forking reseeds the shared generator from the system; a program that uses it must repeat all the same.
    random.seed(0)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(0)


def _read_exactly(size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(CHANNEL, min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _read_frame(most: int) -> Any:
    (size,) = _LENGTH.unpack(_read_exactly(_LENGTH.size))
    if size > most:
        raise ValueError(f"a frame of {size} bytes: at most {most}")
    return json.loads(_read_exactly(size))


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(CHANNEL, view) :]


def _rehearse() -> None:
    """Answer a first request for a program of ours, so that the one that counts finds everything in place.

    A fork shares its pages with the zygote; to copy those that a first answer writes to takes longer than the
    answer. Here it is done before the program's turn.
    """
    server = _Server(Program(_REHEARSED))
    op, *body = decode(encode(("plan", None, bytes(_SEED_BYTES))), REQUEST)
    server.answer(op, body)
    sys.meta_path.pop(0)
    del sys.modules["_rehearsed"]


class _Server:
    """Answers the requests of the trusted worker, one after the other."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._answers: dict[str, Callable[..., Answer]] = {}
        self._entry: Any = None
        self._broken: Described | None = None
        self._steps: list[Any] = []
        self._slots: list[int] = []
        self._given = _reader("Given")
        self._observation = _reader("Observation")
        self._spare: bytes | None = None

    def serve(self) -> None:
        """Compile the program, and answer until `stop` or until the other end closes.

        It is loaded when it is first asked: nothing of it runs while its pair waits for its turn.
        """
        self._spare = bytes(_SPARE_BYTES)
        self._program.compile()
        while True:
            try:
                (size,) = _LENGTH.unpack(_read_exactly(_LENGTH.size))
            except EOFError:
                return
            nonce = _read_exactly(NONCE_BYTES)
            op, *body = decode(_read_exactly(size - NONCE_BYTES), REQUEST)
            if op == "stop":
                return
            answer = self.answer(op, body)
            _write(_LENGTH.pack(NONCE_BYTES + len(answer)) + nonce + answer)

    def answer(self, op: str, body: list[Any]) -> bytes:
        """Answer a request; the first loads the program."""
        self._answers = self._answers or self._loaded()
        return self._encoded(self._answers[op](*body))

    def _loaded(self) -> dict[str, Callable[..., Answer]]:
        """Load the program, and return what answers each request."""
        try:
            self._entry = self._program.load()
        except BaseException as error:  # noqa: BLE001  (the program's own, whatever it is)
            self._broken = self._describe(error)
        return {"start": self._start, "step": self._step, "plan": self._plan}

    def _start(self, givens: list[Any], seeds: list[bytes]) -> Answer:
        failures = []
        self._steps = [None] * len(givens)
        for slot, (given, seed) in enumerate(zip(givens, seeds, strict=True)):
            failure = self._broken or self._begin(slot, given, seed)
            if failure is not None:
                failures.append((slot, *failure))
        return [], failures

    def _begin(self, slot: int, given: Any, seed: bytes) -> Described | None:
        try:
            self._steps[slot] = self._entry(self._given(given), _generator(seed)).step
        except BaseException as error:  # noqa: BLE001  (as above)
            return self._describe(error)
        return None

    def _describe(self, error: BaseException) -> Described:
        """Name a failure, with memory to do it in; a program that keeps all memory is not asked again."""
        self._spare = None
        described = self._program.describe(error)
        _TRACEBACK.__set__(error, None)  # the frames hold the program's local variables
        try:
            self._spare = bytes(_SPARE_BYTES)
        except MemoryError:
            self._broken = ("memory", "MemoryError: the program keeps all the memory that it may have")
        return described

    def _step(self, slots: list[int] | None, observations: list[Any]) -> Answer:
        if slots is not None:
            self._slots = slots
        steps, view = self._steps, self._observation
        actions: list[Any] = []
        failures = []
        for slot, observation in zip(self._slots, observations, strict=True):
            if self._broken is not None:
                failures.append((len(actions), *self._broken))
                actions.append(None)
                continue
            try:
                actions.append(steps[slot](view(observation)))
            except BaseException as error:  # noqa: BLE001  (as above)
                failures.append((len(actions), *self._describe(error)))
                actions.append(None)
        return actions, failures

    def _plan(self, given: Any, seed: bytes) -> Answer:
        if self._broken is not None:
            return [None], [(0, *self._broken)]
        try:
            return [self._entry(self._given(given), _generator(seed))], []
        except BaseException as error:  # noqa: BLE001  (as above)
            return [None], [(0, *self._describe(error))]

    def _encoded(self, answer: Answer) -> bytes:
        """Return an answer's bytes; what cannot be sent becomes the failure of its own workload."""
        answers, failures = answer
        try:
            return encode(answer)
        except TooLarge:
            view = _as_it_is
        except WireError:
            view = partial(_plain, depth=ANSWER.max_depth)
        with suppress(BaseException):  # converting calls the program's code
            return encode((list(map(view, answers)), failures))
        for at, item in enumerate(answers):
            try:
                answers[at] = view(item)
                encode(answers[at])
            except BaseException as error:  # noqa: BLE001  (converting calls the program's code)
                answers[at] = None
                failures.append((at, *self._refusal(error)))
        try:
            return encode((answers, failures))
        except TooLarge as error:
            told = [(at, "output", f"the answers together hold {error}") for at in range(len(answers))]
            return encode(([None] * len(answers), told))

    def _refusal(self, error: BaseException) -> Described:
        if type(error) is TooLarge:
            return "output", f"the answer is {error}"
        if type(error) is WireError:
            return "invalid", f"the answer holds {error}"
        return self._describe(error)


def _as_it_is(value: Any) -> Any:
    return value


def _generator(seed: bytes) -> random.Random:
    return random.Random(int.from_bytes(seed, "big"))  # noqa: S311  (a candidate's randomness)


def _reader(name: str) -> Callable[[Any], Any]:
    """Return what turns arriving data into the class of that name in `interface`, where there is one."""
    cls = getattr(sys.modules.get("interface"), name, None)
    if not isinstance(cls, type):
        return _as_it_is
    make_tuple: Any = partial(tuple.__new__, cls) if is_named_tuple(cls) else lambda items: cls(*items)

    def read(value: Any) -> Any:
        if type(value) is tuple:
            return make_tuple(value)
        return cls(**value) if type(value) is dict else value

    return read


def _plain(value: Any, depth: int) -> Any:
    """Return enum members, numpy scalars and other subclasses of plain types as what they stand for."""
    if depth == 0:
        return value
    if isinstance(value, dict):
        return {_plain(key, 0): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = (_plain(item, depth - 1) for item in value)
        return list(items) if isinstance(value, list) else tuple(items)
    if type(value).__module__ == "numpy" and type(value).__name__ != "ndarray":
        return value.item()
    for cls in (int, float, str, bytes):
        if isinstance(value, cls) and type(value) is not bool:
            return cls(value)  # type: ignore[arg-type]
    return value
