"""The full self-check of a back-end: hostile candidates, run as any candidate is, and what each must come to.

Every probe runs in a child of a zygote, after the filter, on a workload of the problem `flow_shop`; after it
a second program looks whether anything was left for the next. What a back-end promises here, and no more,
must hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from adrs import bundle
from adrs.errors import WorkerLost
from adrs.evaluation.pair import Refused, Unit, WorkerPair
from adrs.evaluation.source import RunReport, Source
from adrs.evaluation.turns import Turns
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.plugins.problems import find_problem
from adrs.sandbox.contract import Guarantee, Sandbox, environment
from adrs.sandbox.frames import DeadlinePassed
from adrs.verify.probes import ALWAYS, Probe, Target, probe, probes, solver

PROBLEM = "flow_shop"
PAIRS = 4
"""Worker pairs that probe side by side."""

_HONEST = "from escape import Honest\n\n\nclass Policy(Honest):\n    pass\n"
_KEY = hashlib.sha256(b"adrs sandbox check").digest()
_STANDS_FOR = {"no /proc": "other processes"}
"""A guarantee that some back-ends name, and the one that others have it in."""
_FILES = 20
_ADDED_BY_PYTHON = ("PWD", "LC_CTYPE")


class Verdict(StrEnum):
    """What becomes of a probe."""

    HELD = "held"
    BROKEN = "broken"
    """It got another verdict than the back-end promises."""
    OPEN = "open"
    """It got another verdict, and the back-end promises nothing."""
    LEFT_OUT = "left out"
    """It needs private scratch, which the back-end does not have here."""


@dataclass(frozen=True)
class Finding:
    """What one probe came to."""

    probe: str
    guarantee: str
    tries: str
    verdict: Verdict
    expected: str
    found: str
    """`ok`, a kind of failure, or another way in which it went wrong."""
    reason: str = ""
    """What the child said; empty where it held."""


@dataclass(frozen=True)
class Held:
    """One guarantee, and the probes that tried to break it."""

    name: str
    declared: bool
    how: str
    probed: int
    held: int


@dataclass(frozen=True)
class Check:
    """Everything that a full check of a back-end found."""

    sandbox: str
    findings: tuple[Finding, ...]
    guarantees: tuple[Held, ...]

    @property
    def passed(self) -> bool:
        """Whether every probe got the verdict that was declared."""
        return not any(one.verdict is Verdict.BROKEN for one in self.findings)

    @property
    def digest(self) -> str:
        """SHA-256 of the probes' names and sources, and what each came to."""
        rows = [[one.probe, probe(one.probe).source, one.verdict, one.found] for one in self.findings]
        return hashlib.sha256(json.dumps([self.sandbox, rows]).encode()).hexdigest()

    def count(self, verdict: Verdict) -> int:
        """Return how many probes came to that."""
        return sum(one.verdict is verdict for one in self.findings)


def check(sandbox: Sandbox, notify: Callable[[int, int], None] = lambda done, of: None) -> Check:
    """Run every probe in a back-end that was seen to work here.

    Args:
        sandbox: the back-end.
        notify: called with how many probes are done and of how many, from any thread.

    Raises:
        SandboxUnavailable: a worker cannot be started.
    """
    declared = sandbox.guarantees()
    # Those that end by a time limit come first, so that all pairs are at work until the end.
    waiting = sorted(probes(), key=lambda one: one.verdict != "timeout")
    jobs: queue.SimpleQueue[Probe] = queue.SimpleQueue()
    for one in waiting:
        jobs.put(one)
    problem = find_problem(PROBLEM)  # once: CPython before 3.12 may not parse in two threads
    with targets() as target, ThreadPoolExecutor(PAIRS) as threads:
        found: list[Finding] = []

        def work() -> None:
            with _Prober(sandbox, problem, target, declared) as prober:
                while (job := _next(jobs)) is not None:
                    found.append(prober.judge(job))
                    notify(len(found), len(waiting))

        for done in [threads.submit(work) for _ in range(PAIRS)]:
            done.result()
    found.sort(key=lambda one: one.probe)
    return Check(sandbox.name, tuple(found), tuple(_by_guarantee(declared, found)))


class _Prober:
    """A worker pair that is replaced when it is lost, and what honest programs get from it."""

    def __init__(
        self, sandbox: Sandbox, problem: Problem, target: Target, declared: Sequence[Guarantee]
    ) -> None:
        self._sandbox = sandbox
        self._problem = problem
        self._target = target
        self._promised = {one.name for one in declared if one.held} | set(ALWAYS)
        self._named = {one.name for one in declared} | set(ALWAYS)
        self._pair: WorkerPair | None = None

    def __enter__(self) -> _Prober:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def judge(self, one: Probe) -> Finding:
        """Run a probe and say what it came to."""
        if one.needs_scratch and not self._sandbox.private_scratch:
            return _finding(one, Verdict.LEFT_OUT, "", "scratch is not private here")
        found, reason = self._run(one)
        if found == one.verdict:
            return _finding(one, Verdict.HELD, found)
        name = one.guarantee if one.guarantee in self._named else _STANDS_FOR.get(one.guarantee, "")
        verdict = Verdict.BROKEN if name in self._promised else Verdict.OPEN
        return _finding(one, verdict, found, reason)

    def _run(self, one: Probe) -> tuple[str, str]:
        try:
            report = self._measure(one.source)
            (result,) = report.results
            if result.failure is not None:
                found, reason = result.failure.kind.value, result.failure.reason
            elif one.name != "spy" and report.behaviour != self._honest.behaviour:
                found, reason = "forged", "it answered as an honest program does not"
            else:
                found, reason = "ok", ""
            if self._measure(probe("spy").source).behaviour != self._seen.behaviour:
                found, reason = "left", "the next candidate can see that something was there"
        except (WorkerLost, DeadlinePassed, Refused) as loss:
            self._drop()
            self._start()
            return "lost", f"a worker was lost: {loss}"
        return found, reason

    def _measure(self, source: str) -> RunReport:
        assert self._pair is not None  # noqa: S101  (`__enter__` starts it)
        return self._pair.run(Unit(solver(source, self._target), Source(Split.TRAIN, _KEY), (0,)), Turns(1))

    def _start(self) -> None:
        self._pair = WorkerPair(self._problem, self._sandbox, ())
        self._honest = self._measure(_HONEST)
        self._seen = self._measure(probe("spy").source)

    def _drop(self) -> None:
        if self._pair is not None:
            self._pair.kill()


def _finding(one: Probe, verdict: Verdict, found: str, reason: str = "") -> Finding:
    return Finding(one.name, one.guarantee, one.tries, verdict, one.verdict, found, reason)


def _next(jobs: queue.SimpleQueue[Probe]) -> Probe | None:
    try:
        return jobs.get_nowait()
    except queue.Empty:
        return None


def _by_guarantee(declared: Sequence[Guarantee], found: Sequence[Finding]) -> Iterator[Held]:
    always = tuple(Guarantee(name, True, how) for name, how in ALWAYS.items())
    named = {one.name for one in declared}
    for guarantee in (*declared, *always):
        names = {
            guarantee.name,
            *(a for a, b in _STANDS_FOR.items() if b == guarantee.name and a not in named),
        }
        tried = [one for one in found if one.guarantee in names and one.verdict is not Verdict.LEFT_OUT]
        held = sum(one.verdict is Verdict.HELD for one in tried)
        yield Held(guarantee.name, guarantee.held, guarantee.how, len(tried), held)


@contextmanager
def targets() -> Iterator[Target]:
    """Lay out what probes try to reach: a file, sockets, a port, shared memory."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="adrs-check-")))
        archive = folder / "archive.sqlite"
        archive.write_text("every score")
        port = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        name = f"\0adrs-check-{os.getpid()}"
        for address in (str(folder / "socket"), name):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(address)
            server.listen()
        shared = stack.enter_context(
            tempfile.NamedTemporaryFile(dir=_shared_memory(folder), prefix="adrs-check-")
        )
        yield Target(
            archive=str(archive),
            folder=str(folder),
            socket=str(folder / "socket"),
            name=name,
            port=port,
            shared=Path(shared.name).name,
            home=_files(Path.home()),
            passwords=_identity(Path("/etc/passwd")),
            pids=(1, os.getpid(), os.getppid()),
            root=str(bundle.root()),
            problem=str(find_problem(PROBLEM).folder),
            variables=(*environment(), *_ADDED_BY_PYTHON),
        )


def _files(folder: Path) -> tuple[str, ...]:
    try:
        found = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return ()
    return tuple(map(str, found[:_FILES]))


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _shared_memory(otherwise: Path) -> Path:
    folder = Path("/dev/shm")  # noqa: S108  (the host's own, where a sandbox must not look)
    return folder if os.access(folder, os.W_OK) else otherwise


__all__ = ["Check", "Finding", "Held", "Verdict", "check", "targets"]
