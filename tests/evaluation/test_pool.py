"""The pool against real workers in the strongest sandbox of this machine."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

import adrs
from adrs.errors import DataError, EvaluatorBroken, ProblemError, SandboxUnavailable
from adrs.evaluation import pair
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.evaluation.slot import Slot
from adrs.model.evaluation import FailureKind, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox import frames, registry
from adrs.sandbox.contract import Sandbox
from adrs.sandbox.process import Process

from .conftest import TINY, solve

T = TypeVar("T")

LEAST = "process without namespaces"
Use = Callable[[EvaluationPool], Awaitable[T]]


@pytest.fixture(params=["bubblewrap", "process", LEAST, pytest.param("docker", marks=pytest.mark.docker)])
def any_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Every confining back-end, and what is left of one where the host allows no namespaces."""
    try:
        if request.param != LEAST:
            return registry.sandbox(request.param)
        found = Process()
        found.__dict__["offers"] = dataclasses.replace(found.offers, user=False, plain=False, uid=1000)
        found.check()
    except SandboxUnavailable as error:
        pytest.skip(f"{request.param}: {error}")
    return found


def with_pool(
    problem: Problem,
    sandbox: Sandbox,
    use: Use[T],
    *,
    workers: int = 1,
    initial: Program | None = None,
    spare: int = 0,
) -> T:
    async def main() -> T:
        first = initial or initial_program(problem)
        async with EvaluationPool(problem, sandbox, workers=workers, initial=first, spare=spare) as pool:
            return await use(pool)

    return asyncio.run(main())


@pytest.mark.parametrize("name", ["bubblewrap", "process", "none"])
def test_a_program_is_scored_alike_in_a_group_and_alone_in_every_sandbox(
    tiny: Problem, initial: Program, train: Source, name: str
) -> None:
    async def use(pool: EvaluationPool) -> None:
        table = await pool.workloads(train, 8)
        grouped = await pool.run(initial, train, range(8))
        alone = await pool.run(initial, train, range(8), isolated=True)
        assert grouped.results == alone.results
        assert [one.values["distance"] for one in grouped.results] == [10.0] * 8
        assert [one.cell for one in grouped.results] == list(table.cells[:8])
        assert grouped.cpu_s > 0
        again = await pool.run(initial, train, range(8))
        assert again.behaviour == grouped.behaviour
        other = await pool.run(solve("return given.target + 11"), train, range(8))
        assert other.behaviour != grouped.behaviour
        assert pool.restarts == 0

    with_pool(tiny, registry.sandbox(name), use, workers=2)


WRAP = "[c for c in object.__subclasses__() if c.__name__ == '_wrap_close'][0]"
LIBC = f"os = {WRAP}.__init__.__globals__\n"
FAILURES = {
    "raise ValueError('no')": FailureKind.EXCEPTION,
    "return -1": FailureKind.INVALID,
    "return 'text'": FailureKind.INVALID,
    "return -4": FailureKind.INVALID,
    "while True: pass": FailureKind.TIMEOUT,
    "return len(bytearray(1 << 30))": FailureKind.MEMORY,
    "import os": FailureKind.FORBIDDEN,
    "return 'x' * (20 << 20)": FailureKind.OUTPUT,
    "f = lambda: f()\nreturn f()": FailureKind.EXCEPTION,
    LIBC + "os['_exit'](0)": FailureKind.CRASH,
    LIBC + "os['abort']()": FailureKind.CRASH,
    LIBC + "os['write'](3, b'x' * 1000)\nreturn 1": FailureKind.OUTPUT,
    LIBC + "os['close'](3)\nreturn 1": FailureKind.CRASH,
    LIBC + "os['close'](3)\nwhile True: pass": FailureKind.OUTPUT,
}


def test_each_failure_is_named_counts_worst_and_harms_nobody_else(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> dict[str, str]:
        found = {}
        good = await pool.run(initial, train, [4, 5])
        for body in FAILURES:
            bad = await pool.run(solve(body), train, [4, 5])
            found[body] = "+".join(
                sorted({one.failure.kind if one.failure else "none" for one in bad.results})
            )
            assert [one.values["distance"] for one in bad.results] == [1000.0, 1000.0]
            assert (await pool.run(initial, train, [4, 5])).results == good.results
        assert pool.restarts == 0
        return found

    assert with_pool(tiny, sandbox, use) == FAILURES


@pytest.mark.parametrize(
    ("body", "kind"), [("return -2", FailureKind.CRASH), ("return -3", FailureKind.TIMEOUT)]
)
def test_a_candidate_that_takes_its_workers_down_fails_and_the_pair_is_replaced(
    tiny: Problem,
    initial: Program,
    train: Source,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    kind: FailureKind,
) -> None:
    monkeypatch.setattr(pair, "_SCORING_S", 1.0)
    monkeypatch.setattr(pair, "_WALL_EXTRA_S", 0.5)
    monkeypatch.setattr(pair, "_WALL_FACTOR", 0.5)

    async def use(pool: EvaluationPool) -> None:
        bad = await pool.run(solve(body), train, [5, 4])
        assert [one.index for one in bad.results] == [5, 4]
        assert [one.failure and one.failure.kind for one in bad.results] == [kind, kind]
        assert [one.values["distance"] for one in bad.results] == [1000.0, 1000.0]
        assert pool.restarts == 1
        good = await pool.run(initial, train, [4])
        assert good.results[0].failure is None

    with_pool(tiny, sandbox, use)


def test_a_worker_that_has_reached_its_age_is_replaced_and_scores_stay(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(pool: EvaluationPool) -> None:
        first = await pool.run(initial, train, [4])
        assert pool.restarts == 0
        monkeypatch.setattr(pair.WorkerPair, "worn", lambda self: True)
        second = await pool.run(initial, train, [4])
        assert pool.restarts >= 1
        assert first.results == second.results

    with_pool(tiny, sandbox, use)


def test_an_evaluator_that_fails_on_the_initial_program_too_is_broken(
    tiny: Problem, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        with pytest.raises(EvaluatorBroken, match="initial program"):
            await pool.run(solve("return -2 # the same in other words"), train, [4])
        with pytest.raises(EvaluatorBroken, match="initial program"):
            await pool.run(solve("return -2"), train, [4])

    with_pool(tiny, sandbox, use, initial=solve("return -2"))


def test_cancelling_frees_the_worker_at_once(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        await pool.run(initial, train, [4])
        began = time.monotonic()
        hung = asyncio.ensure_future(pool.run(solve("while True: pass"), train, range(24)))
        await asyncio.sleep(0.3)
        assert pool.busy >= 1
        hung.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hung
        assert pool.busy == 0
        assert (await pool.run(initial, train, [4])).results[0].failure is None
        assert time.monotonic() - began < 10
        assert pool.restarts == 1

    with_pool(tiny, sandbox, use)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One word for each pair that was started."""
    begun: list[str] = []
    begin = pair.WorkerPair.__init__

    def counted(self: pair.WorkerPair, *given: Any) -> None:
        begin(self, *given)
        begun.append("pair")

    monkeypatch.setattr(pair.WorkerPair, "__init__", counted)
    return begun


@pytest.fixture
def slow_tiny(own_tiny: Path) -> Problem:
    """The tiny problem, whose evaluator takes 50 ms for a workload and says when."""
    source = own_tiny / "evaluate.py"
    text = source.read_text()
    said = '"plan": float(plan), "began": time.monotonic(), "ended": (time.sleep(0.05), time.monotonic())[1]'
    assert '"plan": float(plan)' in text
    source.write_text(text.replace('"plan": float(plan)', said))
    return find_problem(str(own_tiny))


@pytest.mark.parametrize("spare", [0, 2])
def test_with_spare_pairs_more_are_ready_and_no_more_candidates_work(
    spare: int, slow_tiny: Problem, initial: Program, train: Source, sandbox: Sandbox, pairs: list[str]
) -> None:
    async def use(pool: EvaluationPool) -> list[tuple[float, float]]:
        results = (await pool.run(initial, train, range(40), isolated=True)).results
        assert pool.busy == 0
        return [(one.metrics["began"], one.metrics["ended"]) for one in results]

    times = with_pool(slow_tiny, sandbox, use, workers=2, spare=spare)
    assert len(pairs) == 2 + spare
    at_work = [sum(began <= moment < ended for began, ended in times) for moment, _ in times]
    assert max(at_work) == 2


def test_a_place_that_is_cancelled_twice_waits_for_its_thread(tiny: Problem, sandbox: Sandbox) -> None:
    begun, end = threading.Event(), threading.Event()

    def job(_: pair.WorkerPair) -> None:
        begun.set()
        end.wait(30)

    async def main() -> None:
        place = Slot(tiny, sandbox)
        working = asyncio.ensure_future(place.do(job))
        try:
            await asyncio.to_thread(begun.wait, 30)
            for _ in range(2):
                working.cancel()
                await asyncio.sleep(0.05)
            assert not working.done()
            end.set()
            with pytest.raises(asyncio.CancelledError):
                await working
        finally:
            end.set()
            await place.close()

    asyncio.run(main())


def test_a_short_question_does_not_wait_for_all_candidates_that_wait(
    slow_tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        known = (await pool.run(initial, train, [4])).results
        ended: list[str] = []

        async def ask(what: str, answer: Awaitable[object]) -> None:
            await answer
            ended.append(what)

        units = [ask("run", pool.run(initial, train, [index])) for index in range(4, 10)]
        running = [asyncio.ensure_future(unit) for unit in units]
        await asyncio.sleep(0.02)
        await asyncio.gather(ask("summary", pool.summary(train, known)), *running)
        assert ended.index("summary") <= 2

    with_pool(slow_tiny, sandbox, use)


def test_a_candidate_that_waits_for_its_turn_can_be_cancelled(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        await pool.run(initial, train, [4])
        hung = asyncio.ensure_future(pool.run(solve("while True: pass"), train, [4, 5]))
        await asyncio.sleep(0.2)
        waiting = asyncio.ensure_future(pool.run(initial, train, [4]))
        await asyncio.sleep(0.5)
        assert (pool.busy, waiting.done()) == (1, False)
        began = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert time.monotonic() - began < 2
        assert not hung.done()
        hung.cancel()

    with_pool(tiny, sandbox, use, spare=1)


def test_a_warm_pool_has_its_pairs_before_they_are_needed_and_ends_them_unused(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox, pairs: list[str]
) -> None:
    async def use(pool: EvaluationPool) -> list[psutil.Process]:
        pool.warm()
        while len(pairs) < 3:
            await asyncio.sleep(0.01)
        await pool.run(initial, train, range(8), isolated=True)
        assert (len(pairs), pool.restarts) == (3, 0)
        return psutil.Process().children(recursive=True)

    async def leave_at_once(pool: EvaluationPool) -> list[psutil.Process]:
        pool.warm()
        await asyncio.sleep(0.05)
        return psutil.Process().children(recursive=True)

    for left in (
        with_pool(tiny, sandbox, use, workers=3),
        with_pool(tiny, sandbox, leave_at_once, workers=3),
    ):
        assert psutil.wait_procs(left, timeout=5)[1] == []


def test_a_problem_that_cannot_be_loaded_says_so_where_a_warm_pool_is_first_used(
    own_tiny: Path, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    with (own_tiny / "evaluate.py").open("a") as file:
        file.write("\n\nraise RuntimeError('not today')\n")

    async def use(pool: EvaluationPool) -> None:
        pool.warm()
        with pytest.raises(ProblemError, match="not today"):
            await pool.run(initial, train, [0])

    with_pool(find_problem(str(own_tiny)), sandbox, use)


def test_a_child_that_dies_while_it_waits_is_replaced_and_no_candidate_is_blamed(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        first = await pool.run(initial, train, [4])
        waiting: list[psutil.Process] = []
        until = time.monotonic() + 5
        while not waiting and time.monotonic() < until:  # its command line is the zygote's
            family = psutil.Process().children(recursive=True)
            waiting = [one for one in family if one.cmdline() == one.parent().cmdline()]
        assert len(waiting) == 1
        for one in waiting:
            one.kill()
        psutil.wait_procs(waiting, timeout=1)
        again = await pool.run(initial, train, [4])
        assert again.results == first.results
        assert again.results[0].failure is None
        assert pool.restarts == 0

    with_pool(tiny, sandbox, use)


def of_newest_pair(before: set[psutil.Process], what: str) -> list[psutil.Process]:
    """Processes of the pair that started since then: its child, its zygote with it, or its trusted worker."""
    new = [one for one in psutil.Process().children(recursive=True) if one not in before]
    if what == "child":  # its command line is the zygote's
        return [one for one in new if one.cmdline() == one.parent().cmdline()]
    return [one for one in new if f"evaluators.{what}" in one.cmdline()]


@pytest.mark.parametrize("what", ["child", "zygote", "trusted"])
def test_a_worker_that_dies_while_its_candidate_waits_for_its_turn_is_no_fault_of_it(
    what: str, tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        first = await pool.run(initial, train, [4])
        hung = asyncio.ensure_future(pool.run(solve("while True: pass"), train, range(4, 24)))
        await asyncio.sleep(0.5)
        before = set(psutil.Process().children(recursive=True))
        waiting = asyncio.ensure_future(pool.run(initial, train, [4]))
        victims: list[psutil.Process] = []
        until = time.monotonic() + 10
        while not victims and time.monotonic() < until:
            await asyncio.sleep(0.5)
            victims = of_newest_pair(before, what)
        await asyncio.sleep(0.5)
        assert victims
        assert (pool.busy, waiting.done()) == (1, False)
        for one in victims:
            one.kill()
        await asyncio.sleep(0.5)
        assert not hung.done()
        hung.cancel()
        assert (await waiting).results == first.results

    with_pool(tiny, sandbox, use, spare=1)


def test_children_that_cannot_wait_are_the_fault_of_no_candidate(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "closed", lambda *channels: set(channels) if len(channels) == 1 else set())

    async def use(pool: EvaluationPool) -> None:
        with pytest.raises(EvaluatorBroken, match="5 children in a row ended"):
            await pool.run(initial, train, [4])

    with_pool(tiny, sandbox, use)


def test_nothing_runs_any_more_once_the_pool_is_closed(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> list[psutil.Process]:
        await pool.run(initial, train, range(8), isolated=True)
        return psutil.Process().children(recursive=True)

    left = with_pool(tiny, sandbox, use, workers=2)
    assert left
    assert psutil.wait_procs(left, timeout=5)[1] == []


_VICTIM = """
import asyncio, sys
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.evaluation.slot import Slot
from adrs.model.evaluation import Split
from adrs.model.program import Program
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox import frames, registry

async def main():
    problem = find_problem(sys.argv[1])
    source = Source(Split.TRAIN, b"key")
    hang = Program.of({"solve.py": "def solve(given, rng):\\n    while True: pass\\n"})
    first = initial_program(problem)
    async with EvaluationPool(problem, registry.sandbox(sys.argv[2]), workers=2, initial=first) as pool:
        await asyncio.gather(*(pool.run(first, source, [4]) for _ in range(8)))
        runs = [asyncio.ensure_future(pool.run(hang, source, range(20))) for _ in range(2)]
        await asyncio.sleep(0.5)
        print("hanging", flush=True)
        await asyncio.gather(*runs)

asyncio.run(main())
"""


@pytest.mark.parametrize("name", ["bubblewrap", "process", "none"])
def test_killing_our_process_leaves_nothing_behind(name: str) -> None:
    registry.sandbox(name)
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, str(TINY), name], stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    with victim, victim.stdout:
        assert victim.stdout.readline() == "hanging\n"
        left = psutil.Process(victim.pid).children(recursive=True)
        assert len(left) >= 6
        os.kill(victim.pid, signal.SIGKILL)
        assert psutil.wait_procs(left, timeout=10)[1] == []


def test_bounds_and_summary_come_from_the_evaluator(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        bounds = await pool.bounds(train, [3, 1])
        assert bounds.worst == ({"distance": 1000.0},) * 2
        assert bounds.bound == ({"distance": 0.0},) * 2
        assert bounds.reference == (None, None)
        results = (await pool.run(initial, train, [4, 5])).results
        failed = (await pool.run(solve("return -1"), train, [6])).results
        measures, feedback = await pool.summary(train, (*results, *failed))
        assert measures == {"failed": pytest.approx(1 / 3)}
        assert feedback == "3 workloads"
        hidden = Source(Split.VALIDATION, b"other")
        assert (await pool.summary(hidden, results))[1] == ""

    with_pool(tiny, sandbox, use, workers=2)


def test_recorded_data_is_bound_when_it_is_asked_for(
    tiny: Problem, initial: Program, sandbox: Sandbox, train: Source, tmp_path: Path
) -> None:
    good, bad = tmp_path / "targets.txt", tmp_path / "bad.txt"
    good.write_text("5 7")
    bad.write_text("five")

    async def use(pool: EvaluationPool) -> None:
        await pool.run(initial, train, [4])
        source = Source(Split.TRAIN, b"", data=good)
        assert len(await pool.workloads(source, 10)) == 2
        report = await pool.run(initial, source, [0, 1])
        assert [one.metrics["plan"] for one in report.results] == [15.0, 17.0]
        with pytest.raises(ProblemError, match="2 workloads"):
            await pool.run(initial, source, [2])
        with pytest.raises(DataError):
            await pool.workloads(Source(Split.TRAIN, b"", data=bad), 1)
        with pytest.raises(DataError, match="no recorded data"):
            await pool.workloads(Source(Split.TRAIN, b"", data=tmp_path / "missing"), 1)

    with_pool(tiny, sandbox, use)


def test_the_trusted_worker_reaches_nothing_but_its_problem(
    own_tiny: Path, train: Source, tmp_path: Path, any_sandbox: Sandbox
) -> None:
    secret = tmp_path / "archive.sqlite"
    secret.write_text("secret")
    path = own_tiny / "evaluate.py"
    path.write_text(
        "import os, socket\nfrom pathlib import Path\n"
        "def works(call):\n    try:\n        call()\n"
        "    except (OSError, ImportError):\n        return False\n    return True\n"
        "REACHED = [\n"
        f"    works(lambda: Path({str(secret)!r}).read_text()),\n"
        f"    works(lambda: Path({str(adrs.__file__)!r}).read_text()),\n"
        f"    works(lambda: Path({str(own_tiny)!r}, 'new').write_text('x')),\n"
        "    works(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),\n"
        "    works(lambda: __import__('pydantic')),\n"
        "    'OPENAI_API_KEY' in os.environ,\n"
        "]\n"
        "assert works(lambda: __import__('numpy')) and works(lambda: __import__('scipy.stats'))\n"
        f"assert works(lambda: Path({str(own_tiny)!r}, 'problem.toml').read_text())\n"
        "assert not any(REACHED), REACHED\n" + path.read_text()
    )

    async def use(pool: EvaluationPool) -> None:
        assert len(await pool.workloads(train, 3)) >= 3

    with_pool(find_problem(str(own_tiny)), any_sandbox, use)


def test_a_declared_library_can_be_used_by_a_candidate_and_no_other(
    own_tiny: Path, train: Source, any_sandbox: Sandbox
) -> None:
    toml = own_tiny / "problem.toml"
    toml.write_text(
        toml.read_text().replace(
            'imports = ["interface"]', 'imports = ["interface", "numpy"]\nlibraries = ["numpy"]'
        )
    )

    async def use(pool: EvaluationPool) -> None:
        body = "import numpy as np\na = np.ones((200, 200))\nreturn int((a @ a)[0, 0]) + given.target - 200"
        report = await pool.run(solve(body), train, [4])
        assert report.results[0].failure is None, report.results[0].failure
        assert report.results[0].values == {"distance": 0.0}
        hungry = await pool.run(solve("import numpy as np\nreturn len(np.ones(1 << 26))"), train, [4])
        assert hungry.results[0].failure is not None
        assert hungry.results[0].failure.kind == FailureKind.MEMORY
        other = await pool.run(solve("import scipy\nreturn 1"), train, [4])
        assert other.results[0].failure is not None
        assert other.results[0].failure.kind == FailureKind.FORBIDDEN

    with_pool(find_problem(str(own_tiny)), any_sandbox, use)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("evaluate.py", "import nothing_of_that_name\n", "nothing_of_that_name"),
        ("interface.py", "1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_problem_that_cannot_be_loaded_says_why(
    own_tiny: Path, train: Source, sandbox: Sandbox, file: str, text: str, said: str
) -> None:
    path = own_tiny / file
    path.write_text(text + path.read_text())

    async def use(pool: EvaluationPool) -> None:
        with pytest.raises(ProblemError, match=said):
            await pool.workloads(train, 1)

    with_pool(find_problem(str(own_tiny)), sandbox, use)


def test_the_sandbox_of_a_candidate_holds_neither_evaluator_nor_baselines(
    own_tiny: Path, train: Source, any_sandbox: Sandbox
) -> None:
    folder = str(own_tiny)
    body = (
        "w = [c for c in object.__subclasses__() if c.__name__ == '_wrap_close'][0]\n"
        "os = w.__init__.__globals__\n"
        "found = 0\n"
        f"for path in ({folder + '/evaluate.py'!r}, {folder + '/initial/solve.py'!r}, '/etc/passwd'):\n"
        "    try:\n"
        "        os['close'](os['open'](path, 0))\n"
        "        found += 1\n"
        "    except OSError:\n"
        "        pass\n"
        f"os['close'](os['open']({folder + '/interface.py'!r}, 0))\n"
        "return found"
    )

    async def use(pool: EvaluationPool) -> None:
        report = await pool.run(solve(body), train, [4])
        assert report.results[0].failure is None, report.results[0].failure
        assert report.results[0].metrics["plan"] == 0

    with_pool(find_problem(folder), any_sandbox, use)


RAISING = "the evaluator raised RuntimeError on this answer"


def test_an_evaluator_that_raises_on_answers_of_the_initial_program_too_is_broken(
    tiny: Problem, train: Source, sandbox: Sandbox
) -> None:
    async def use(pool: EvaluationPool) -> None:
        for program in (solve("return -4 # the same in other words"), solve("return -4")):
            for _ in range(2):
                with pytest.raises(EvaluatorBroken, match=RAISING):
                    await pool.run(program, train, [4])

    with_pool(tiny, sandbox, use, initial=solve("return -4"))


def test_the_initial_program_is_run_once_for_each_reason_why_an_evaluator_raises(
    tiny: Problem, initial: Program, train: Source, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    run = pair.WorkerPair.run
    monkeypatch.setattr(
        pair.WorkerPair,
        "run",
        lambda self, unit, turns: (ran.append(unit.program), run(self, unit, turns))[1],
    )
    candidate = solve("return -4")

    async def use(pool: EvaluationPool) -> None:
        for _ in range(3):
            bad = await pool.run(candidate, train, [4])
            assert bad.results[0].failure is not None
            assert bad.results[0].failure.reason == RAISING
            assert bad.results[0].failure.kind is FailureKind.INVALID

    with_pool(tiny, sandbox, use)
    assert ran == [candidate, initial, candidate, candidate]
