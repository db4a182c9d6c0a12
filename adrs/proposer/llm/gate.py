"""How many calls are in flight at a time: as many as the user asked for, fewer while a server pushes back.

Additive increase, multiplicative decrease (Chiu and Jain, Computer Networks 17, 1989): a 429 halves the
number, every answer lifts it by its own inverse, up to what was asked for. Of the refusals of calls that were
in flight together only the first counts, since they say the same thing.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Gate:
    """Lets calls through, first come first served. For one event loop."""

    def __init__(self, most: int) -> None:
        """Begin with as many as the user asked for."""
        self.most = most
        self.width = float(most)
        """How many may be in flight now; its whole part counts."""
        self.in_flight = 0
        self._entered = 0
        self._narrowed_at = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> int:
        """Wait for a place and return the call's ticket, which `refused` takes."""
        if self._waiting or self.in_flight >= int(self.width):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()  # the place was given just before
                raise
        else:
            self.in_flight += 1
        self._entered += 1
        return self._entered

    def leave(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        self._admit()

    def answered(self) -> None:
        """Widen: a call was answered."""
        self.width = min(float(self.most), self.width + 1.0 / self.width)
        self._admit()

    def refused(self, ticket: int) -> None:
        """Narrow: the server said that there are too many calls, in answer to the one with this ticket."""
        if ticket <= self._narrowed_at:
            return
        self.width = max(1.0, self.width / 2)
        self._narrowed_at = self._entered

    def _admit(self) -> None:
        while self._waiting and self.in_flight < int(self.width):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
