"""Measure the two workers with no sandbox between: `python tests/evaluators/bench_workers.py`.

Prints the time of one fork and sweep, of one evaluation of one workload, of one call, and of 200 workloads of
275 ticks in lockstep.
"""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import harness

TICKS = Path(__file__).parent / "folders" / "ticks"
POLICY = "class Policy:\n    def __init__(self, given, rng): pass\n    def step(self, obs): return 1\n"


def lockstep(workers, count):
    answer, end = workers.run(POLICY, range(count), wall_s=120, cpu_s=60)
    assert answer["ok"], answer
    assert answer["channel"] == "ok", answer
    assert all(result["failure"] is None for result in answer["results"])
    return answer["wall_s"], end["cpu_s"]


def fork_and_sweep(workers):
    began = time.perf_counter()
    workers.fork(POLICY).close()
    workers.zygote.ask("end", kill_after_s=1.0)
    return time.perf_counter() - began


def evaluation(workers):
    began = time.perf_counter()
    workers.run(POLICY, [0])
    return time.perf_counter() - began


def main():
    with harness.Workers(TICKS) as workers:
        fork_and_sweep(workers)
        forks = [fork_and_sweep(workers) for _ in range(100)]
        print(f"fork and sweep                  {1000 * statistics.median(forks):8.2f} ms")
        ones = [evaluation(workers) for _ in range(100)]
        print(f"one workload of 12 steps, whole {1000 * statistics.median(ones):8.2f} ms")
    with harness.Workers(TICKS, params={"ticks": 277, "zones": 3}) as workers:
        lockstep(workers, 200)
        many = [lockstep(workers, 200) for _ in range(5)]
        wall_s = statistics.median(wall for wall, _ in many)
        cpu_s = statistics.median(cpu for _, cpu in many)
        print(f"200 workloads of 275 steps      {wall_s:8.3f} s   (child's CPU {cpu_s:.3f} s)")
        alone = statistics.median(lockstep(workers, 1)[0] for _ in range(5))
        print(f"one call, one workload          {1e6 * alone / 275:8.1f} us")


if __name__ == "__main__":
    main()
