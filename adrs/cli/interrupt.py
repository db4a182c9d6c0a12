"""Ctrl-C: once finishes what is under way, twice stops at once. A termination or a hang-up counts as once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from adrs.cli.wording import count

if TYPE_CHECKING:
    from adrs.cli.watch import View
    from adrs.run.stopping import StopRule

_Result = TypeVar("_Result")

INTERRUPTED = "interrupted"
"""The reason of a run that a person stopped."""


class StoppedAtOnce(Exception):
    """A second Ctrl-C: everything recorded is kept, what was in flight is taken up by resume."""


class Interrupts:
    """Counts what was pressed, and acts on it."""

    def __init__(self, stop: StopRule, view: View, task: asyncio.Task[_Result]) -> None:
        """Keep whom to ask for the end and what to cancel."""
        self._stop = stop
        self._view = view
        self._task = task
        self.pressed = 0

    def press(self) -> None:
        """Take in one Ctrl-C."""
        self.pressed += 1
        if self.pressed == 1:
            self._stop.request(INTERRUPTED)
            self._view.say(f"draining {self._under_way()}; press Ctrl-C again to stop at once")
            return
        # A third press must work even if taking the workers down hangs.
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._task.cancel()

    def terminate(self) -> None:
        """Take in a termination or a hang-up: never more than a request."""
        if self.pressed == 0:
            self.press()

    def _under_way(self) -> str:
        progress = self._view.progress
        return "what is under way" if progress is None else count(progress.in_flight, "trial")


async def supervise(work: Coroutine[None, None, _Result], stop: StopRule, view: View) -> _Result:
    """Run work to its end while the view is kept fresh and signals are heeded.

    Raises:
        StoppedAtOnce: Ctrl-C was pressed twice.
    """
    task = asyncio.ensure_future(work)
    interrupts = Interrupts(stop, view, task)
    fresh = asyncio.create_task(view.keep_fresh())
    with _handlers(interrupts):
        try:
            return await task
        except asyncio.CancelledError:
            if interrupts.pressed > 1:
                raise StoppedAtOnce from None
            raise
        finally:
            fresh.cancel()
            with suppress(asyncio.CancelledError):
                await fresh


@contextmanager
def _handlers(interrupts: Interrupts) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handled = {signal.SIGINT: interrupts.press, signal.SIGTERM: interrupts.terminate}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked for it to be ignored
        handled[signal.SIGHUP] = interrupts.terminate
    before = {number: signal.getsignal(number) for number in handled}
    for number, act in handled.items():
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
