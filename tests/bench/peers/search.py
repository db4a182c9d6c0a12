"""Best score over evaluations on real problems: one model, one evaluator, as many evaluations for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adrs.model.problem import Problem
from adrs.proposer import evolve_block
from tests.bench.peers import tools
from tests.bench.peers.install import OURS
from tests.bench.peers.model import serving
from tests.bench.peers.process import watch
from tests.bench.peers.rates import best_so_far
from tests.bench.peers.service import Serving, as_share

PROBLEMS = ("flow_shop", "txn_offline", "eplb", "telemetry_repair")
EVALUATIONS = 100
_TRIALS_EACH = 10
"""Ours is asked for more trials, and stopped at 100 evaluations: where all that a trial was proposed is known
already, it ends without one."""
_ENOUGH = "enough evaluations"


def measure(
    tool: str, serving_problem: Serving, seed: int, home: Path, folder: Path, cap_s: float
) -> dict[str, Any]:
    """Let a tool search once and return its curve as plain data.

    Scores are shares, as `adrs compare` shows them: 0 is the initial program, 1 the best baseline on train.

    Raises:
        NotInstalled: the peer cannot be installed.
    """
    problem = serving_problem.problem
    with serving(seed=seed) as server:
        work = tools.Work(
            tool,
            folder,
            home,
            server.url,
            EVALUATIONS * (_TRIALS_EACH if tool == OURS else 1),
            seed=seed,
            problem=problem.id,
            service=serving_problem.url,
            initial=marked(serving_problem.initial),
            system=told(problem),
        )
        output = folder / "output.txt"
        words = tools.command(work)
        if tool == OURS:
            tools.adopt(work, problem, serving_problem.source)
        used = watch(
            words,
            env=tools.env(work),
            output=output,
            cap_s=cap_s,
            until=lambda: _ENOUGH if tools.count_evaluated(work) >= EVALUATIONS else "",
        )
        requests = server.stats()["requests"]
    done = tools.evaluated(work)[:EVALUATIONS]
    if tool == OURS:
        shares = [None if one.value is None else serving_problem.scale.share(one.value) for one in done]
    else:
        shares = [None if one.value is None else as_share(one.value) for one in done]
    curve = [max(0.0, share) if share is not None else 0.0 for share in best_so_far(shares)]
    within = [share for one, share in zip(done, shares, strict=True) if (one.requests or 0) <= EVALUATIONS]
    return {
        "evaluations": len(done),
        "different": len({one.digest for one in done}),
        "failed": sum(not one.valid for one in done),
        "requests": requests,
        "best": curve[-1] if curve else 0.0,
        "best_of_100_requests": max([0.0, *(share for share in within if share is not None)]),
        "area": sum(curve) / len(curve) if curve else 0.0,
        "curve": curve,
        "wall_s": used.wall_s,
        "code": used.code,
        "why": "" if used.why == _ENOUGH else used.why,
        "said": tools.last_line(output) if used.code not in (0, None) else "",
    }


def marked(text: str) -> str:
    """Return a program with marks around all of it, where it has none: two of the peers ask for marks."""
    if evolve_block.START in text:
        return text
    return f"# {evolve_block.START}\n{text}# {evolve_block.END}\n"


def told(problem: Problem) -> str:
    """Return what a model is told of a problem: the same text that our own prompts are made of."""
    parts = [problem.file("prompt.md").read_text("utf-8")]
    interface = problem.file("interface.py")
    if interface.is_file():
        parts.append(f"## interface.py\n\n```python\n{interface.read_text('utf-8')}```\n")
    return "\n".join(parts)
