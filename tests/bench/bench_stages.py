"""How long the first stage and a whole evaluation on train take, for the initial program and every baseline.

Run as `python tests/bench/bench_stages.py [PROBLEM ...]`. The pool is warm, as in a run: bounds and workloads
are cached. It has one worker, so a whole evaluation is that of one core; numbers are medians of three. A
first stage should take at most 100 ms, and a whole evaluation 2 s.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Mapping

from adrs.evaluation.pool import EvaluationPool, Source
from adrs.model.evaluation import Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.plugins.problems import baseline_program, find_problem, initial_program, list_problems
from adrs.sandbox import registry

SOURCE = Source(Split.TRAIN, b"bench")
TURNS = 3


async def measure(problem: Problem, programs: Mapping[str, Program]) -> dict[str, tuple[float, float]]:
    """Return per program the seconds of the first stage and of all of train."""
    splits = problem.spec.splits
    counts = (splits.every_stage[0], splits.train)
    found: dict[str, tuple[float, float]] = {}
    initial = programs["initial program"]
    async with EvaluationPool(problem, registry.sandbox("auto"), workers=1, initial=initial) as pool:
        for name, program in programs.items():
            medians = []
            for count in counts:
                taken = []
                for _ in range(TURNS + 1):
                    began = time.perf_counter()
                    await pool.run(program, SOURCE, range(count))
                    taken.append(time.perf_counter() - began)
                medians.append(statistics.median(taken[1:]))
            found[name] = (medians[0], medians[1])
    return found


def main() -> None:
    """Print a row per program."""
    names = sys.argv[1:] or [problem.spec.problem.id for problem in list_problems()]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name in names:
        problem = find_problem(name)
        programs = {"initial program": initial_program(problem)}
        programs |= {one.name: baseline_program(problem, one) for one in problem.spec.baseline}
        print(f"{name}: stages {[*problem.spec.splits.every_stage]}")
        for program, (first, whole) in asyncio.run(measure(problem, programs)).items():
            print(f"  {program:44} first {first * 1000:7.1f} ms   whole {whole * 1000:7.0f} ms")


if __name__ == "__main__":
    main()
