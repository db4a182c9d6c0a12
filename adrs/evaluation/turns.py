"""How many candidates are at work at the same time, whatever the number of pairs that are ready for one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from adrs.errors import WorkerLost

_LOOKS_EVERY_S = 0.2


class Turns:
    """Turns of the threads that drive pairs: handed from thread to thread, without the event loop."""

    def __init__(self, number: int) -> None:
        """Let so many threads have their turn at the same time."""
        self.taken = 0
        """How many have it now."""
        self._number = number
        self._changed = threading.Condition()

    @contextmanager
    def one(self, given_up: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn, and have it.

        Raises:
            WorkerLost: `given_up` said so before it came.
        """
        with self._changed:
            while self.taken == self._number:
                if given_up():
                    raise WorkerLost("The evaluation was cancelled.")
                self._changed.wait(_LOOKS_EVERY_S)
            self.taken += 1
        try:
            yield
        finally:
            with self._changed:
                self.taken -= 1
                self._changed.notify()
