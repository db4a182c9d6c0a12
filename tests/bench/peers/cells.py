"""Everything that is measured, in its order, and where each result is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.bench.peers.faults import FAULTS
from tests.bench.peers.install import OURS, PEERS
from tests.bench.peers.search import PROBLEMS
from tests.bench.peers.speed import Speed

Kind = Literal["speed", "kill", "fault", "search"]
TOOLS = (OURS, *PEERS)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    repeats: int = 8
    """Rounds of 200 evaluations: two or three seconds each, so they vary most."""
    growth_repeats: int = 3
    """Rounds of 1,000, of which the first goes on to `growth`."""
    wait_repeats: int = 3
    """Rounds of slow evaluations and of a slow model."""
    seeds: int = 3
    short_cap_s: float = 35.0
    long_cap_s: float = 60.0
    growth_cap_s: float = 100.0
    fault_cap_s: float = 45.0
    lasting_cap_s: float = 90.0
    """Where a fault does not pass: enough for retries to run out, where they do."""
    search_cap_s: float = 300.0
    faults: tuple[str, ...] = tuple(FAULTS)
    problems: tuple[str, ...] = PROBLEMS
    growth: int = 2000
    middle: int = 1000


QUICK = Plan(
    repeats=1,
    seeds=1,
    short_cap_s=30.0,
    fault_cap_s=15.0,
    lasting_cap_s=30.0,
    faults=("429", "garbage"),
    problems=("flow_shop",),
    growth=0,
    middle=0,
)


@dataclass(frozen=True)
class Cell:
    """One run of one tool."""

    kind: Kind
    tool: str
    name: str
    """Of the speed measurement, the fault or the problem."""
    repeat: int = 0
    speed: Speed | None = None

    @property
    def key(self) -> str:
        """The name of its file of results."""
        return "-".join((self.kind, self.name, self.tool, str(self.repeat)))


def speeds(plan: Plan, repeat: int) -> Iterator[Speed]:
    """Yield the speed measurements of one round."""
    yield Speed("first200", 200, repeat, plan.short_cap_s)
    if repeat < plan.wait_repeats:
        yield Speed("sleep50", 300, repeat, plan.short_cap_s, sleep_s=0.05)
        yield Speed("latency500", 60, repeat, plan.short_cap_s, latency_s=0.5)
    if repeat == 0 and plan.growth:
        yield Speed("growth", plan.growth, repeat, plan.growth_cap_s)
    elif plan.middle and repeat < plan.growth_repeats:
        yield Speed("growth", plan.middle, repeat, plan.long_cap_s)


def timed(plan: Plan) -> Iterator[Cell]:
    """Yield the runs that are timed, one by one: rounds over all tools, each begun by another."""
    for repeat in range(plan.repeats):
        for number, speed in enumerate(speeds(plan, repeat)):
            turn = (repeat + number) % len(TOOLS)
            for tool in (*TOOLS[turn:], *TOOLS[:turn]):
                yield Cell("speed", tool, speed.name, repeat, speed)


def untimed(plan: Plan) -> Iterator[Cell]:
    """Yield the runs in which only the outcome counts; several may go on at the same time."""
    for tool in TOOLS:
        yield Cell("kill", tool, "kill")
    for fault in plan.faults:
        for tool in TOOLS if FAULTS[fault].cap_usd is None else (OURS,):
            yield Cell("fault", tool, fault)


def searches(plan: Plan, problem: str) -> Iterator[Cell]:
    """Yield the searches of one problem."""
    for seed in range(plan.seeds):
        for tool in TOOLS:
            yield Cell("search", tool, problem, seed)


class Results:
    """Results as JSON files, one for each cell: what is there is not measured again."""

    def __init__(self, folder: Path) -> None:
        """Keep them in a folder, which is made."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, cell: Cell) -> dict[str, Any] | None:
        """Return what was measured, or None."""
        file = self._folder / f"{cell.key}.json"
        found: dict[str, Any] | None = json.loads(file.read_text("utf-8")) if file.exists() else None
        return found

    def put(self, cell: Cell, result: Mapping[str, Any]) -> None:
        """Keep a result; it is there whole or not at all."""
        file = self._folder / f"{cell.key}.json"
        part = file.with_suffix(".part")
        part.write_text(json.dumps(result, indent=1), "utf-8")
        part.replace(file)


def fresh(folder: Path) -> Path:
    """Return a folder that is empty and new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
