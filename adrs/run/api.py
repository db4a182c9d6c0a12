"""Runs from Python: the same as `adrs run` and `adrs show`, without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.model.program import Program
from adrs.model.run import RunRecord
from adrs.model.trial import Trial
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.progress import Notify, Progress
from adrs.run.session import RunResult
from adrs.run.stopping import StopRule


def evolve(
    problem: str, *, runs: str | Path = "runs", notify: Notify | None = None, **settings: Any
) -> RunResult:
    """Evolve a problem and return when the run has ended.

    Args:
        problem: a bundled problem's id, or the path of a folder that holds a `problem.toml`.
        runs: where the archive is kept.
        notify: called after every change, with the progress and a line for a log.
        settings: fields of `adrs.run.config.RunConfig`, such as `seed=1`, `budget={"trials": 300}` or
            `proposer={"name": "llm", "options": {"model": "gpt-5"}}`.

    Raises:
        UserError: something that a person can correct; nothing was spent.
    """
    config = resolve({"problem": problem, **settings})
    with Archive.open(runs) as archive:
        work = session.start(config, archive, notify=notify or _silent, stop=StopRule(Budget()))
        return asyncio.run(work)


def open_run(ref: str = "last", *, runs: str | Path = "runs") -> OpenRun:
    """Open a recorded run for reading.

    Args:
        ref: the run's id, a unique beginning of it, or `last`.
        runs: where the archive is kept.

    Raises:
        ArchiveError: there is no such archive, or no such run in it.
    """
    archive = Archive.open(runs, create=False)
    try:
        return OpenRun(archive, archive.run(ref))
    except BaseException:
        archive.close()
        raise


class OpenRun:
    """A recorded run. Close it, or use it as a context manager."""

    def __init__(self, archive: Archive, record: RunRecord) -> None:
        """Keep where the run is recorded; `open_run` calls this."""
        self._archive = archive
        self.record = record

    def __enter__(self) -> Self:
        """Return the run itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the archive."""
        self.close()

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def trials(self) -> Iterator[Trial]:
        """Yield every trial that has ended, in the order in which they did."""
        return self._archive.trials(self.record.id, told_order=True)

    def champion(self) -> Program:
        """Return the best program that won on validation, or the initial program where none did."""
        return self._archive.program(self.record.champion or self.record.initial)


def _silent(progress: Progress, line: str) -> None:
    """Tell nobody."""
