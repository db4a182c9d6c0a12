"""One tool, one run: how fast it is, what it uses, and how both change as its archive grows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.peers import proposals, tools
from tests.bench.peers.model import serving
from tests.bench.peers.process import disk_mib, watch
from tests.bench.peers.rates import cpu_between, rate

POOL = 6000
"""Different programs: more than any run asks for, duplicates of a tool's own making included."""
WINDOWS = ((0, 200), (800, 1000), (1800, 2000))


@dataclass(frozen=True)
class Speed:
    """One cell of the speed measurements."""

    name: str
    evaluations: int
    repeat: int
    cap_s: float
    sleep_s: float = 0.0
    latency_s: float = 0.0
    concurrency: int = 4


def write_pool(home: Path) -> Path:
    """Return the file of proposals that every tool gets, which is written where it is missing."""
    pool = home / "pool.jsonl"
    if not pool.exists():
        proposals.write(pool, tools.tuning_program(), POOL, seed=1)
    return pool


def measure(tool: str, cell: Speed, home: Path, folder: Path) -> dict[str, Any]:
    """Run a tool once and return the numbers as plain data.

    Raises:
        NotInstalled: the peer cannot be installed.
    """
    initial = tools.tuning_program()
    pool = write_pool(home)
    with serving(pool=pool, latency_s=cell.latency_s) as server:
        work = tools.Work(
            tool,
            folder,
            home,
            server.url,
            cell.evaluations,
            concurrency=cell.concurrency,
            seed=cell.repeat,
            sleep_s=cell.sleep_s,
            initial=initial,
            system=(tools.TUNING / "prompt.md").read_text("utf-8"),
        )
        words = tools.command(work)
        used = watch(words, env=tools.env(work), output=folder / "output.txt", cap_s=cell.cap_s)
        served = server.stats()
    done = tools.evaluated(work)
    times, measured = [each.at for each in done], tools.measured(work, done)
    result: dict[str, Any] = {
        "evaluations": len(done),
        "wall_s": used.wall_s,
        "cpu_s": used.cpu_s,
        "peak_mib": used.peak_mib,
        "code": used.code,
        "why": used.why,
        "left_over": used.left_over,
        "said": tools.last_line(folder / "output.txt") if used.code not in (0, None) else "",
        "disk_mib": disk_mib(folder),
        "requests": served["requests"],
        "in_flight_max": served["in_flight_max"],
        "first_s": times[0] - used.started if times else None,
        # The first few begin at the same time.
        "rate": rate(times, cell.concurrency, len(times)),
        "measured_rate": rate(measured, cell.concurrency, len(measured)),
        "windows": {},
    }
    for low, high in WINDOWS:
        found = rate(times, low, high)
        if found is not None:
            cpu = cpu_between(used.cpu_at, times[max(low, 1) - 1], times[high - 1])
            assert cpu is not None
            result["windows"][f"{low}-{high}"] = {"rate": found, "cpu_ms": 1000 * cpu / (high - low)}
    return result
