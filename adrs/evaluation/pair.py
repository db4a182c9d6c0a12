"""A pair of workers, one trusted and one zygote, driven by one thread; they live and die together.

See `docs/reference/workers.md`. Nothing here decodes what flows on a channel.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adrs.errors import ProblemError, WorkerLost
from adrs.evaluation import launch
from adrs.evaluation.faults import failure_of, one_line
from adrs.evaluation.source import RunReport, Source
from adrs.evaluation.turns import Turns
from adrs.model.evaluation import WorkloadResult
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.sandbox import frames
from adrs.sandbox.contract import Sandbox, Worker

_HELLO_S = 60.0
_FORK_S = 20.0
_FORKS = 5
_PROGRAM_S = 10.0
_END_S = 20.0
_KILL_AFTER_S = 0.25
_SCORING_S = 20.0
"""How long the trusted worker may take for its own work, over the time that the candidate has."""
_WALL_FACTOR = 3.0
_WALL_EXTRA_S = 5.0
_FILE_MIB = 16
_READS_EVERY = 64
"""After so many runs, what the trusted worker wrote to its standard error is read."""


class Refused(Exception):
    """The trusted worker answered that it cannot do what was asked: one sentence."""


class LostUnused(WorkerLost):
    """A worker ended before its candidate had its turn: the candidate has no part in it."""


@dataclass(frozen=True)
class Unit:
    """One child: a program, and the group of workloads that it runs."""

    program: Program
    source: Source
    indices: tuple[int, ...]
    repeat: int = 0


class WorkerPair:
    """A trusted worker and a zygote. Every method but `interrupt` belongs to the thread that started it."""

    def __init__(self, problem: Problem, sandbox: Sandbox, data: tuple[Path, ...]) -> None:
        """Start both workers and greet them.

        Raises:
            SandboxUnavailable: the sandbox does not start them.
            ProblemError: the problem's evaluator, interface or a library of it cannot be loaded.
        """
        self.problem = problem
        self.data = data
        self._stopped = False
        self._runs = 0
        self._zygote = sandbox.launch(launch.zygote(problem, sandbox))
        try:
            self._trusted = sandbox.launch(launch.trusted(problem, data))
        except BaseException:
            self._zygote.kill()
            raise
        self._next: socket.socket | None = None
        try:
            self._greet()
            self._fork()
        except BaseException:
            self.kill()
            raise

    def _greet(self) -> None:
        deadline = time.monotonic() + _HELLO_S
        spec = self.problem.spec
        hello = {
            "op": "hello",
            "problem": str(self.problem.folder),
            "base": None if self.problem.base is None else str(self.problem.base),
            "evaluator": spec.problem.evaluator,
            "params": spec.params,
            "objectives": [{"name": one.name, "direction": one.direction} for one in spec.objective],
        }
        for worker, message, what in (
            (self._trusted, hello, "evaluate.py"),
            (self._zygote, {"op": "hello"}, "interface.py or a declared library"),
        ):
            try:
                frames.send(worker.control, message, deadline)
                answer = frames.receive(worker.control, deadline)
            except (WorkerLost, frames.DeadlinePassed):
                worker.kill()
                answer = {"ok": False, "error": worker.errors()[-500:] or "the worker did not start"}
            if not answer.get("ok"):
                raise ProblemError(
                    f"{what} of {self.problem.id!r} cannot be loaded: {one_line(answer['error'])}"
                )

    def ask(self, op: str, fields: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Ask the trusted worker for something that involves no candidate.

        Raises:
            Refused: it says that it cannot.
            WorkerLost: it ended.
            DeadlinePassed: it did not answer in time.
        """
        return self._call(self._trusted, {"op": op, **fields}, timeout_s)

    def run(self, unit: Unit, turns: Turns) -> RunReport:
        """Run one child on its group of workloads.

        All but the candidate's own time is outside its turn: the child that is ready for it, and its end.

        Args:
            unit: what to run.
            turns: of which it needs one while the candidate is at work.

        Raises:
            Refused: a worker says that it cannot.
            LostUnused: a worker ended while the candidate waited for its turn.
            WorkerLost: a worker ended or broke its protocol.
            DeadlinePassed: a worker did not answer in time.
        """
        limits = self.problem.spec.limits
        cpu_s = limits.cpu_s * len(unit.indices)
        wall_s = _WALL_EXTRA_S + _WALL_FACTOR * cpu_s
        allowed = {"cpu_s": cpu_s, "memory_mib": limits.memory_mib, "file_mib": _FILE_MIB}
        program = {
            "files": dict(unit.program.files),
            "entry_file": self.problem.entry_file,
            "entry_name": self.problem.entry_name,
            "imports": list(limits.imports),
        }
        request = {
            "op": "run",
            **unit.source.request(),
            "indices": list(unit.indices),
            "repeat": unit.repeat,
            "entry": self.problem.entry_name,
            "wall_s": wall_s,
        }
        told, asked = frames.encode(allowed) + frames.encode(program), frames.encode(request)
        with ExitStack() as channels:
            ours = channels.enter_context(self._ready(told))
            with turns.one(lambda: self._stopped):
                closed = frames.closed(ours, self._trusted.control, self._zygote.control)
                if closed - {ours}:
                    raise LostUnused("A worker ended while its candidate waited for its turn.")
                if closed:  # perhaps of its program, which then ends the next one in its turn
                    self._end()
                    ours = channels.enter_context(self._ready(told))
                deadline = time.monotonic() + wall_s + _SCORING_S
                frames.write(self._trusted.control, asked, deadline, ours.fileno())
                ours.close()
                answer = _accepted(frames.receive(self._trusted.control, deadline))
        self._runs += 1
        if self._runs % _READS_EVERY == 0:
            self._trusted.errors()  # so that what was written does not grow
        end = self._end()
        with suppress(WorkerLost, frames.DeadlinePassed):  # then it is the next that finds the zygote gone
            self._fork()
        # The kernel counts whole seconds: what it was stopped at is the limit rounded up.
        return _report(unit, answer, {**end, "cpu_limit_s": math.ceil(cpu_s) - 0.1})

    def _fork(self) -> None:
        """Let the zygote fork the next child, and do not wait for it; `_child` takes it."""
        self._next, theirs = socket.socketpair()
        with theirs:
            frames.send(self._zygote.control, {"op": "fork"}, time.monotonic() + _FORK_S, theirs.fileno())

    def _ready(self, told: bytes) -> socket.socket:
        """Return the channel of a child that was told its limits and its program."""
        ours = self._child()
        # A child that has ended by then: whoever comes next on its channel sees that it is closed.
        with suppress(WorkerLost, frames.DeadlinePassed):
            frames.write(ours, told, time.monotonic() + _PROGRAM_S)
        return ours

    def _child(self) -> socket.socket:
        """Return the channel of a child that waits for its limits and its program.

        One that ended while it waited is replaced: nothing of a candidate had reached it.
        """
        for _ in range(_FORKS):
            ours, self._next = self._next, None
            if ours is not None:
                _accepted(frames.receive(self._zygote.control, time.monotonic() + _FORK_S))
                if not frames.closed(ours):
                    return ours
                ours.close()
                self._end()
            self._fork()
        raise WorkerLost(f"{_FORKS} children in a row ended before they were given a program.")

    def _end(self) -> dict[str, Any]:
        """Wait for the end of the child, and leave nothing of it."""
        end = self._call(self._zygote, {"op": "end", "kill_after_s": _KILL_AFTER_S}, _END_S)
        if not end.get("swept", False):
            raise WorkerLost("The sandbox could not be swept empty after a candidate.")
        return end

    @staticmethod
    def _call(worker: Worker, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        frames.send(worker.control, message, deadline)
        return _accepted(frames.receive(worker.control, deadline))

    def alive(self) -> bool:
        """Whether both workers still run."""
        return not self._stopped and not frames.closed(self._trusted.control, self._zygote.control)

    def worn(self) -> bool:
        """Whether a worker has reached the age at which a sandbox wants it replaced."""
        return self._trusted.worn() or self._zygote.worn()

    def interrupt(self) -> None:
        """Make the thread that drives this pair fail at once with `WorkerLost`. Safe from any thread."""
        self._stopped = True
        for worker in (self._trusted, self._zygote):
            with suppress(OSError):
                worker.control.shutdown(socket.SHUT_RDWR)

    def kill(self) -> None:
        """End both workers and everything in their sandboxes. Idempotent."""
        self._stopped = True
        if self._next is not None:
            self._next.close()
        self._zygote.kill()
        self._trusted.kill()


def _accepted(answer: dict[str, Any]) -> dict[str, Any]:
    if not answer.get("ok"):
        raise Refused(one_line(str(answer.get("error", "no reason given"))))
    return answer


def _report(unit: Unit, answer: Mapping[str, Any], end: Mapping[str, Any]) -> RunReport:
    try:
        results = tuple(
            WorkloadResult(
                index=int(row["index"]),
                cell=str(row["cell"]),
                values={name: float(value) for name, value in row["values"].items()},
                metrics={name: float(value) for name, value in row["metrics"].items()},
                failure=failure_of(row["failure"], str(answer["channel"]), end),
            )
            for row in answer["results"]
        )
        behaviour, wall_s = str(answer["behaviour"]), float(answer["wall_s"])
        cpu_s, peak_mib = float(end["cpu_s"]), float(end["peak_mib"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WorkerLost(f"A worker answered something that the protocol does not know: {error!r}.") from None
    if tuple(result.index for result in results) != unit.indices:
        raise WorkerLost("The trusted worker answered other workloads than it was asked for.")
    return RunReport(results, behaviour, wall_s, cpu_s, peak_mib)


def as_rows(results: Sequence[WorkloadResult]) -> list[dict[str, Any]]:
    """Return results as the trusted worker gave them."""
    return [
        {
            "index": result.index,
            "cell": result.cell,
            "values": dict(result.values),
            "metrics": dict(result.metrics),
            "failure": None
            if result.failure is None
            else {"kind": result.failure.kind.value, "reason": result.failure.reason},
        }
        for result in results
    ]
