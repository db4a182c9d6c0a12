"""Drive the evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/model_placement/tests/placement_driver.py [SPLIT] [COUNT]` prints a table of what every
program reaches.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from evaluators.contract import Invalid, Metrics, Workload
from evaluators.loader import load_evaluator
from evaluators.schema import Refused, checker

BASE = Path(__file__).resolve().parents[1]
KEY = bytes(range(16))
PROGRAMS = (BASE / "initial" / "placement.py", *sorted((BASE / "baselines").glob("*.py")))

Results = list[tuple[Workload, Metrics | None, str]]


def evaluator() -> Any:
    """Load the evaluator as the trusted worker does."""
    toml = tomllib.loads((BASE / "problem.toml").read_text())
    return load_evaluator(BASE, None, toml["problem"]["evaluator"], toml["params"])


def draw(placement: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(placement.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its solver and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("placement_program", path).solve, interface
    finally:
        sys.modules.pop("placement_program", None)
        sys.modules.pop("interface", None)
        if had is not None:
            sys.modules["interface"] = had


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def score(placement: Any, workloads: Sequence[Workload], path: Path) -> Results:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: Results = []
    with program(path) as (solve, interface):
        for workload in workloads:
            check = checker(placement.plan_schema(workload), "plan")
            try:
                plan = check(solve(interface.Given(*placement.given(workload)), Random(0)))
                results.append((workload, placement.score(workload, plan), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def values(results: Results, placement: Any) -> list[float]:
    """Return the objective of every workload; a failure counts the worst."""
    return [
        (placement.worst(workload) if metrics is None else metrics)["kv_pressure"]
        for workload, metrics, _ in results
    ]


def mean(numbers: Sequence[float]) -> float:
    """Return the mean."""
    return sum(numbers) / len(numbers)


def table(split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for bound, reference and worst, with the seconds that it took."""
    placement = evaluator()
    began = time.perf_counter()
    workloads = draw(placement, count, split)
    yield f"{count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    for name in ("bound", "reference", "worst"):
        began = time.perf_counter()
        value = mean([getattr(placement, name)(workload)["kv_pressure"] for workload in workloads])
        yield f"{name:32}{value:8.4f} per GB  {time.perf_counter() - began:6.2f} s"
    for path in PROGRAMS:
        began = time.perf_counter()
        value = mean(values(score(placement, workloads, path), placement))
        name = f"{path.parent.name}/{path.stem}"
        yield f"{name:32}{value:8.4f} per GB  {time.perf_counter() - began:6.2f} s"


if __name__ == "__main__":
    defaults = ("train", "60")
    split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(split, int(count)):
        print(line)
