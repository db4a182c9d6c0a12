"""What becomes of a run when the model server fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.peers import tools
from tests.bench.peers.install import OURS
from tests.bench.peers.model import MODEL, serving
from tests.bench.peers.process import watch
from tests.bench.peers.speed import write_pool

EVALUATIONS = 40
USD_PER_TOKEN = 0.001
_MAX_TOKENS = 400
GOOD = 10
"""Requests that are answered well before a fault that does not pass."""


@dataclass(frozen=True)
class Fault:
    """One way in which the server fails."""

    title: str
    options: tuple[str, ...] = ()
    passing: bool = True
    """Whether every proposal can still be had by asking again."""
    cap_usd: float | None = None
    """A limit in dollars, which ours alone is given, at `USD_PER_TOKEN` of output and free input."""


def _lasting(fault: str) -> tuple[str, ...]:
    return ("--script", ",".join(["ok"] * GOOD), "--then", fault)


FAULTS: Mapping[str, Fault] = {
    "429": Fault("429, every second request", ("--then", "429", "--every", "2", "--retry-after", "0.2")),
    "500": Fault("500, every third request", ("--then", "500", "--every", "3")),
    "garbage": Fault("garbage, every fifth answer", ("--then", "garbage", "--every", "5")),
    "truncated": Fault("truncated, every fifth answer", ("--then", "truncated", "--every", "5")),
    "empty": Fault("empty, every fifth answer", ("--then", "empty", "--every", "5")),
    "429_lasting": Fault("429 to every request from the 11th on", _lasting("429"), passing=False),
    "401": Fault("key revoked from the 11th request on", _lasting("401"), passing=False),
    "cap": Fault(
        "429, every second request, and at most $2",
        ("--then", "429", "--every", "2", "--retry-after", "0.2"),
        passing=False,
        cap_usd=2.0,
    ),
    "dead": Fault("connections reset from the 11th request on", _lasting("dead"), passing=False),
}


def measure(tool: str, fault: Fault, home: Path, folder: Path, cap_s: float) -> dict[str, Any]:
    """Run a tool against a failing server and return what came of it as plain data.

    Raises:
        NotInstalled: the peer cannot be installed.
    """
    initial, pool = tools.tuning_program(), write_pool(home)
    with serving(pool=pool, options=fault.options) as server:
        work = tools.Work(tool, folder, home, server.url, EVALUATIONS, initial=initial, extra=_cap(fault))
        used = watch(tools.command(work), env=tools.env(work), output=folder / "output.txt", cap_s=cap_s)
        served = server.stats()
    result: dict[str, Any] = {
        "evaluations": sum(one.valid for one in tools.evaluated(work)),
        "asked": EVALUATIONS,
        "passing": fault.passing,
        "wall_s": used.wall_s,
        "code": used.code,
        "why": used.why,
        "requests": served["requests"],
        "billed_tokens": served["output_tokens"],
        "said": tools.last_line(folder / "output.txt"),
    }
    if tool == OURS:
        result["recorded"] = tools.spent(work)
        result["reason"] = tools.reason(work)
    return result


def _cap(fault: Fault) -> tuple[str, ...]:
    if fault.cap_usd is None:
        return ()
    price = f'proposer.options.prices."{MODEL}"={{input = 0, output = {1e6 * USD_PER_TOKEN}}}'
    tokens = f"proposer.options.max_tokens={_MAX_TOKENS}"
    return ("--budget", f"${fault.cap_usd:g}", "--set", price, "--set", tokens)
