"""The evaluation service: the same evaluator, in the same sandbox, for every tool, over local HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from adrs.compare.outcomes import Scale
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.pool import EvaluationPool
from adrs.evaluation.source import Source
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.trial import TrialState
from adrs.plugins import registry
from adrs.plugins.problems import baseline_program, find_problem, initial_program

_STEEP = 2.0
_MOST = 50.0


@dataclass(frozen=True)
class Serving:
    """A running service."""

    url: str
    scale: Scale
    problem: Problem
    initial: str
    """The text of the initial program."""
    source: Source
    """The workloads that are measured on."""


def as_score(share: float) -> float:
    """Return what a peer is told: it rises with the share, and stays above the 0 of a failure."""
    return float(_STEEP ** max(-_MOST, min(_MOST, share)))


def as_share(score: float) -> float:
    """Return the share that a score stands for."""
    return math.log(score, _STEEP)


@contextmanager
def evaluating(problem_id: str, *, workers: int) -> Iterator[Serving]:
    """Serve the train evaluation of a problem, in worker pairs of this many."""
    problem = find_problem(problem_id)
    source = Source(Split.TRAIN, hashlib.sha256(f"bench-peers/{problem.id}".encode()).digest(), 0)
    engine = _Engine(problem, source, workers)
    with engine:
        server = _Server(engine)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            host, port = server.server_address[:2]
            initial = initial_program(problem).text(problem.entry_file)
            yield Serving(f"http://{host!s}:{port}/evaluate", engine.scale, problem, initial, source)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Engine:
    """The pool and the cascade, in an event loop of their own."""

    def __init__(self, problem: Problem, source: Source, workers: int) -> None:
        self._problem = problem
        self._source = source
        self._initial = initial_program(problem)
        self._pool = EvaluationPool(problem, registry.sandbox("auto"), workers=workers, initial=self._initial)
        self._cascade = Cascade(problem, self._pool)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.scale = Scale.between(0.0, None, problem.primary.sign)

    def __enter__(self) -> _Engine:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def evaluate(self, text: str) -> dict[str, Any]:
        """Return score, validity and error of a program, as `adapters/scoring.py` hands them on."""
        program = Program.of({**dict(self._initial.files), self._problem.entry_file: text})
        outcome = self._do(self._cascade.evaluate(program, self._source))
        if outcome.state is not TrialState.COMPLETED:
            return {"score": 0.0, "valid": False, "error": outcome.reason}
        share = self.scale.share(outcome.evaluation.objectives[self._problem.primary.name])
        return {"score": as_score(share), "valid": True, "error": outcome.evaluation.feedback}

    async def _open(self) -> None:
        await self._pool.__aenter__()
        await self._cascade.__aenter__()
        primary, count = self._problem.primary, self._problem.spec.splits.train
        programs = [
            baseline_program(self._problem, each)
            for each in self._problem.spec.baseline
            if each.file is not None
        ]
        values = [
            (await self._cascade.measure(program, self._source, count, isolated=False)).objectives[
                primary.name
            ]
            for program in (self._initial, *programs)
        ]
        best = max(values[1:], key=lambda value: primary.sign * value, default=None)
        self.scale = Scale.between(values[0], best, primary.sign)

    async def _close(self) -> None:
        await self._cascade.__aexit__(None, None, None)
        await self._pool.__aexit__(None, None, None)

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, engine: _Engine) -> None:
        self.engine = engine
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(self.server.engine.evaluate(given["program"])).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the tool was stopped meanwhile: it has had its evaluations
            self.close_connection = True
