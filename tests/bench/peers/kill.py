"""What is lost when the main process is killed with SIGKILL, and whether the run can go on."""

from __future__ import annotations

import dataclasses
import signal
from pathlib import Path
from typing import Any

from tests.bench.peers import tools
from tests.bench.peers.install import OURS
from tests.bench.peers.model import serving
from tests.bench.peers.process import watch
from tests.bench.peers.speed import write_pool

EVALUATIONS = 400
KILL_AT = {"shinka": 41}
"""ShinkaEvolve is killed earlier: it evaluates some programs a second."""
KILL_AT_DEFAULT = 251
_MORE = 40
"""How many more are asked for when the run goes on."""


def measure(tool: str, home: Path, folder: Path, cap_s: float) -> dict[str, Any]:
    """Kill a run, look at what it has kept, go on with it, and return the counts as plain data.

    Raises:
        NotInstalled: the peer cannot be installed.
    """
    initial, pool = tools.tuning_program(), write_pool(home)
    at = KILL_AT.get(tool, KILL_AT_DEFAULT)
    with serving(pool=pool) as server:
        work = tools.Work(tool, folder, home, server.url, EVALUATIONS, initial=initial, system="")
        words = tools.command(work)
        used = watch(
            words,
            env=tools.env(work),
            output=folder / "output.txt",
            cap_s=cap_s,
            until=lambda: "killed" if tools.count_evaluated(work) >= at else "",
            stop=signal.SIGKILL,
        )
        done = len(tools.evaluated(work))
        kept = tools.known_after(work)
        result: dict[str, Any] = {
            "why": used.why,
            "left_over": used.left_over,
            "evaluated": done,
            "kept": kept,
            "lost": None if kept is None else max(0, done - kept),
            "requests": server.stats()["requests"],
        }
        if used.why != "killed":
            return result
        return result | _go_on(work, done, kept or 0, server.stats, cap_s)


def _go_on(work: tools.Work, done: int, kept: int, stats: Any, cap_s: float) -> dict[str, Any]:
    """Resume the run, and say how many evaluations it has at its end of those that were asked for."""
    total = done + _MORE
    more = (
        total if work.tool in (OURS, "shinka", "gepa") else total - kept
    )  # these two count from the checkpoint
    again = dataclasses.replace(work, resume=True, evaluations=more)
    output = work.folder / "resumed.txt"
    used = watch(tools.command(again), env=tools.env(again), output=output, cap_s=cap_s)
    evaluated = len(tools.evaluated(again))
    counted = (
        kept + evaluated - done if work.tool in ("openevolve", "skydiscover") else tools.known_after(again)
    )
    result = {
        "resumed_code": used.code,
        "resumed_why": used.why,
        "target": total,
        "kept_at_end": counted,
        "requests_in_all": stats()["requests"],
        "evaluated_in_all": evaluated,
        "said": tools.last_line(output) if used.code not in (0, None) else "",
    }
    if work.tool == OURS:
        result["calls_recorded"] = tools.spent(again)["calls"]
    return result
