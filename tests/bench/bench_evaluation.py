"""What an evaluation costs beside the evaluator's and the candidate's own work. Run by `make bench`.

A trivial evaluator and program; one evaluation of one workload is one child process. The median of one worker
must be at most 8 ms; in a warm container, at most 2.5 times that of bubblewrap, the two measured in turns. A
cold start is a pair of workers from nothing to its first answer.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

from adrs.errors import SandboxUnavailable
from adrs.evaluation.pool import EvaluationPool, Source
from adrs.model.evaluation import Split
from adrs.plugins.problems import find_problem, initial_program
from adrs.sandbox import registry
from adrs.sandbox.contract import Sandbox

TINY = Path(__file__).parent.parent / "evaluation" / "tiny"
SOURCE = Source(Split.TRAIN, b"bench")
LIMIT_MS = 8.0
DOCKER_FACTOR = 2.5
EVALUATIONS = 300
TURNS = 3


async def measure(sandbox: Sandbox, workers: int) -> tuple[float, float]:
    """Return evaluations per second and the median time of one in milliseconds."""
    problem = find_problem(str(TINY))
    program = initial_program(problem)
    taken: list[float] = []

    async def one(pool: EvaluationPool, count: int) -> None:
        for index in range(count):
            began = time.perf_counter()
            await pool.run(program, SOURCE, [index % 24])
            taken.append(time.perf_counter() - began)

    async with EvaluationPool(problem, sandbox, workers=workers, initial=program) as pool:
        await asyncio.gather(*(one(pool, 5) for _ in range(workers)))
        taken.clear()
        began = time.perf_counter()
        await asyncio.gather(*(one(pool, EVALUATIONS // workers) for _ in range(workers)))
        wall_s = time.perf_counter() - began
    return len(taken) / wall_s, statistics.median(taken) * 1000


def cold_start_s(sandbox: Sandbox) -> float:
    """Return the median seconds from no worker to the first score."""
    problem = find_problem(str(TINY))
    program = initial_program(problem)

    async def first() -> float:
        async with EvaluationPool(problem, sandbox, workers=1, initial=program) as pool:
            began = time.perf_counter()
            await pool.run(program, SOURCE, [0])
            return time.perf_counter() - began

    return statistics.median(asyncio.run(first()) for _ in range(5))


def main() -> int:
    """Print the tables; return 1 where a median is over its limit."""
    slow = False
    found: dict[str, Sandbox] = {}
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in ("bubblewrap", "process", "docker"):
        try:
            found[name] = registry.sandbox(name)
        except SandboxUnavailable as error:
            print(f"{name:12} skipped: {error}")
    print(f"{'sandbox':12} {'workers':>7} {'evaluations/s':>14} {'median ms':>10}")
    for name, sandbox in found.items():
        for workers in (1, 2, 4):
            rate, median_ms = asyncio.run(measure(sandbox, workers))
            slow |= workers == 1 and name != "docker" and median_ms > LIMIT_MS
            print(f"{name:12} {workers:7} {rate:14.0f} {median_ms:10.2f}")
    for name, sandbox in found.items():
        print(f"{name:12} cold start {cold_start_s(sandbox):.2f} s")
    if slow:
        print(f"One evaluation of one workload takes more than {LIMIT_MS:g} ms in the median.")
    if {"bubblewrap", "docker"} <= found.keys():
        slow |= _docker_is_slow(found["bubblewrap"], found["docker"])
    return int(slow)


def _docker_is_slow(bubblewrap: Sandbox, docker: Sandbox) -> bool:
    medians: dict[str, list[float]] = {bubblewrap.name: [], docker.name: []}
    for _ in range(TURNS):
        for sandbox in (bubblewrap, docker):
            medians[sandbox.name].append(asyncio.run(measure(sandbox, 1))[1])
    times = statistics.median(medians[docker.name]) / statistics.median(medians[bubblewrap.name])
    print(f"docker takes {times:.2f} times as long as bubblewrap; at most {DOCKER_FACTOR:g}")
    return times > DOCKER_FACTOR


if __name__ == "__main__":
    sys.exit(main())
