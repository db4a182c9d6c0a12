"""Drive the evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/eplb/tests/eplb_driver.py [SPLIT] [COUNT]` prints what every program reaches.
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

import numpy as np

from evaluators.contract import Invalid, Metrics, Workload
from evaluators.loader import load_evaluator
from evaluators.schema import Refused, checker

BASE = Path(__file__).resolve().parents[1]
KEY = bytes(range(16))
Results = list[tuple[Workload, Metrics | None, str]]


def evaluator(**params: Any) -> Any:
    """Load the evaluator as the trusted worker does, with some parameters changed."""
    toml = tomllib.loads((BASE / "problem.toml").read_text())
    return load_evaluator(BASE, None, toml["problem"]["evaluator"], {**toml["params"], **params})


def draw(eplb: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(eplb.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its `solve` and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("balance", path).solve, interface
    finally:
        sys.modules.pop("balance", None)
        if had is None:
            sys.modules.pop("interface", None)
        else:
            sys.modules["interface"] = had


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def own_numpy() -> Iterator[None]:
    """Undo what a program does to numpy, as the boundary between processes does."""
    kept = dict(vars(np))
    try:
        yield
    finally:
        vars(np).update(kept)


def given_of(eplb: Any, workload: Workload, interface: ModuleType) -> Any:
    """Return a private copy of what a candidate is given, as the wire makes one."""
    fields = [each.copy() if isinstance(each, np.ndarray) else each for each in eplb.given(workload)]
    return interface.Given(*fields)


def score(eplb: Any, workloads: Sequence[Workload], path: Path) -> Results:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: Results = []
    with program(path) as (solve, interface):
        for workload in workloads:
            try:
                with own_numpy():
                    plan = solve(given_of(eplb, workload, interface), Random(0))
                checked = checker(eplb.plan_schema(workload), "plan")(plan)
                results.append((workload, eplb.score(workload, checked), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def values(results: Results, eplb: Any, name: str = "balance") -> list[float]:
    """Return one metric of every workload; a failure counts the worst."""
    return [(eplb.worst(each) if metrics is None else metrics)[name] for each, metrics, _ in results]


def table(split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for bound, reference and worst, with the seconds that it took."""
    eplb = evaluator()
    began = time.perf_counter()
    workloads = draw(eplb, count, split)
    yield f"eplb, {count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    for name in ("bound", "reference", "worst"):
        began = time.perf_counter()
        found = np.mean([getattr(eplb, name)(workload)["balance"] for workload in workloads])
        yield f"{name:32}{found:7.4f}  {time.perf_counter() - began:6.2f} s"
    for path in (BASE / "initial" / "balance.py", *sorted((BASE / "baselines").glob("*.py"))):
        began = time.perf_counter()
        results = score(eplb, workloads, path)
        took = time.perf_counter() - began
        ran = [metrics for _, metrics, _ in results if metrics is not None]
        sends = np.mean([metrics["sends_per_visit"] for metrics in ran])
        moved = np.mean([metrics["budget_used"] for metrics in ran])
        even = np.mean(values(results, eplb))
        yield f"{path.stem:32}{even:7.4f}  {took:6.2f} s  sends {sends:.3f}  budget used {moved:.2f}"


if __name__ == "__main__":
    defaults = ("train", "72")
    split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(split, int(count)):
        print(line)
