"""Watching a run: a live view on a terminal, plain lines anywhere else."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

from adrs.cli.status import PHASES, Moment, headline, money_line, picture, share_spent
from adrs.cli.wording import amount, duration, safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from adrs.run.progress import Progress
    from adrs.run.stopping import StopRule

REFRESH_S = 0.125
LINES_EVERY_S = 10.0
"""Between two plain status lines."""
_SPEED_OVER_S = 30.0


class View(ABC):
    """Shows a run while it is under way. Its `notify` is called from the event loop's thread only."""

    def __init__(self, console: Console, stop: StopRule, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep where to write, and whom to ask for the end when nobody reads any more."""
        self.console = console
        self._stop = stop
        self._clock = clock
        self.progress: Progress | None = None
        self._noted_s = clock()
        """When the run's own clock was last heard of: it moves while the search does."""
        self._seconds = 0.0
        """What it said then."""
        self._told: deque[tuple[float, int]] = deque()
        self._silent = False

    def notify(self, progress: Progress, line: str) -> None:
        """Take in a change; `line` is worth a line of its own where it is not empty."""
        now_s = self._clock()
        if self.progress is None or progress.usage.seconds != self._seconds:
            self._noted_s, self._seconds = now_s, progress.usage.seconds
        self.progress = progress
        self._told.append((now_s, progress.usage.trials))
        while len(self._told) > 2 and now_s - self._told[0][0] > _SPEED_OVER_S:
            self._told.popleft()
        self._write(lambda: self._show(progress, line))

    def say(self, line: str) -> None:
        """Print a line of our own, at once."""
        self._write(lambda: self.console.print(Text(line), soft_wrap=True))

    async def keep_fresh(self) -> None:
        """Refresh until cancelled, so that clocks move where nothing else does."""
        while True:
            await asyncio.sleep(REFRESH_S)
            self._write(self._tick)

    def moment(self) -> Moment:
        """Return what is known of this moment besides the run's own progress."""
        seconds = self._seconds + (self._clock() - self._noted_s)
        width = max(8, min(48, self.console.width - 50))
        return Moment(seconds, self._speed(), width)

    def _speed(self) -> float | None:
        if not self._told:
            return None
        (first_s, first), (last_s, last) = self._told[0], self._told[-1]
        return (last - first) / (last_s - first_s) if last_s - first_s > 0.5 else None

    def _write(self, write: Callable[[], None]) -> None:
        """Write, unless the reader went away: then ask the run to stop and be silent."""
        if self._silent:
            return
        try:
            write()
        except BrokenPipeError:
            self._silent = True
            self._stop.request("nobody reads the output any more")

    @abstractmethod
    def _show(self, progress: Progress, line: str) -> None: ...

    @abstractmethod
    def _tick(self) -> None: ...

    def __enter__(self) -> View:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; the screen is left to what follows."""
        self._silent = True


class Quiet(View):
    """Says only what it is told to say: for many runs in a row, each worth a line."""

    def _show(self, progress: Progress, line: str) -> None:
        pass

    def _tick(self) -> None:
        pass


class LiveView(View):
    """A picture at the bottom of the terminal, and above it a line for every new best."""

    def __enter__(self) -> View:
        """Take over the bottom of the terminal."""
        self._live = Live(
            get_renderable=self._picture, console=self.console, auto_refresh=False, transient=True
        )
        self._drawn_s = self._clock()
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clear the picture: the report takes its place."""
        super().__exit__(kind, error, trace)
        self._live.stop()

    def _picture(self) -> RenderableType:
        if self.progress is None:
            waited = duration(self._clock() - self._noted_s)
            return Text(f"{PHASES['starting']} … {waited}", "cyan")
        return picture(self.progress, self.moment())

    def _show(self, progress: Progress, line: str) -> None:
        if line:
            self.console.print(Text(safe(line, 300)), no_wrap=True, overflow="ellipsis")
        if self._clock() - self._drawn_s >= REFRESH_S:
            self._tick()

    def _tick(self) -> None:
        self._drawn_s = self._clock()
        self._live.refresh()


class LineView(View):
    """Plain lines: every event that matters, and how it stands every few seconds."""

    def __init__(self, console: Console, stop: StopRule, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing said."""
        super().__init__(console, stop, clock)
        self._said_s = clock()
        self._event_s = float("-inf")
        self._phase = ""
        self._named = False

    def _show(self, progress: Progress, line: str) -> None:
        if not self._named:
            self._named = True
            self._print(headline(progress).plain)
        if progress.phase != self._phase:
            self._phase = progress.phase
            self._say_now(PHASES.get(progress.phase, progress.phase))
        # A burst of events, such as the first improvements, is thinned; the status line tells the rest.
        if line and self._clock() - self._event_s >= 0.25:
            self._event_s = self._clock()
            self._say_now(safe(line, 200))
        self._tick()

    def _tick(self) -> None:
        if self.progress is None or self._clock() - self._said_s < LINES_EVERY_S:
            return
        self._said_s = self._clock()
        if self.progress.phase == "starting":  # the search has not begun, and its clock neither
            self._print(f"{PHASES['starting']} … {duration(self._clock() - self._noted_s)}")
        else:
            self._print(status_line(self.progress, self.moment()))

    def _say_now(self, line: str) -> None:
        self._print(f"[{duration(self.moment().seconds)}] {line}")

    def _print(self, line: str) -> None:
        self.console.print(Text(line), soft_wrap=True)


def status_line(progress: Progress, moment: Moment) -> str:
    """Return how a run stands, in one line."""
    parts = [share_spent(progress.usage, progress.budget, moment.seconds)[1]]
    if progress.best is not None:
        parts.append(f"best on train {amount(progress.best, progress.objective.unit)}")
    if moment.trials_per_s is not None:
        parts.append(f"{moment.trials_per_s:.1f} trials/s")
    parts.append(money_line(progress.usage, progress.budget.cost_usd))
    return f"[{duration(moment.seconds)}] " + " · ".join(filter(None, parts))


def view_for(console: Console, stop: StopRule) -> View:
    """Return the live view where the console is a terminal that can move its cursor, else plain lines."""
    live = console.is_terminal and not console.is_dumb_terminal
    return (LiveView if live else LineView)(console, stop)
