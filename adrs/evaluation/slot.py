"""One place of the pool: a thread of its own and the pair of workers that it drives.

The thread outlives its pairs, because a worker dies with the thread that started it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from adrs.errors import WorkerLost
from adrs.evaluation.pair import WorkerPair
from adrs.model.problem import Problem
from adrs.sandbox.contract import Sandbox
from adrs.sandbox.frames import DeadlinePassed

T = TypeVar("T")


class Slot:
    """Runs one job at a time on a pair that it starts when it is first needed, and again when it was lost."""

    def __init__(self, problem: Problem, sandbox: Sandbox) -> None:
        """Start nothing yet."""
        self._problem = problem
        self._sandbox = sandbox
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="adrs-pair")
        self._pair: WorkerPair | None = None
        self._abandoned = False
        self._started = 0

    @property
    def restarts(self) -> int:
        """How often a pair had to be started again."""
        return max(0, self._started - 1)

    async def do(self, job: Callable[[WorkerPair], T], data: tuple[Path, ...] = ()) -> T:
        """Run a job on the pair, in the pair's own thread.

        Cancelling it ends the pair; the next job gets a fresh one.

        Args:
            job: what to run.
            data: recorded data that the trusted worker must be able to read.

        Raises:
            SandboxUnavailable: a new pair cannot be started.
            ProblemError: the problem's evaluator cannot be loaded.
            WorkerLost: a worker ended or broke its protocol; the pair is gone.
            DeadlinePassed: a worker did not answer in time; the pair is gone.
        """
        self._abandoned = False
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._run, job, data)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._abandoned = True
            if (pair := self._pair) is not None:
                pair.interrupt()
            while not running.done():  # whoever cancels twice must not get a place whose thread is at work
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running])
            running.exception()  # seen: it is the interruption
            raise

    async def renew(self) -> None:
        """End the pair, so that the next job gets a fresh one."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)

    async def close(self) -> None:
        """End the pair and the thread."""
        if self._pair is not None:
            self._pair.interrupt()
        await self.renew()
        self._thread.shutdown()

    def _run(self, job: Callable[[WorkerPair], T], data: tuple[Path, ...]) -> T:
        pair = self._pair
        if pair is not None and (pair.worn() or not pair.alive() or not set(data) <= set(pair.data)):
            self._drop()
            pair = None
        if pair is None:
            pair = self._pair = WorkerPair(self._problem, self._sandbox, data)
            self._started += 1
        try:
            if self._abandoned:
                raise WorkerLost("The evaluation was cancelled.")
            return job(pair)
        except (WorkerLost, DeadlinePassed):
            self._drop()
            raise

    def _drop(self) -> None:
        pair, self._pair = self._pair, None
        if pair is not None:
            pair.kill()
