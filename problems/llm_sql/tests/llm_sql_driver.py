"""Drive the evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/llm_sql/tests/llm_sql_driver.py [SPLIT] [COUNT]` prints what every program reaches.
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
from evaluators.wire import REQUEST, WireError, decode, encode

BASE = Path(__file__).resolve().parents[1]
KEY = bytes(range(16))
PROGRAMS = [BASE / "initial" / "order.py", *sorted((BASE / "baselines").glob("*.py"))]
Results = list[tuple[Workload, Metrics | None, str]]


def evaluator(**params: Any) -> Any:
    """Load the evaluator as the trusted worker does, with some parameters changed."""
    toml = tomllib.loads((BASE / "problem.toml").read_text())
    return load_evaluator(BASE, None, toml["problem"]["evaluator"], {**toml["params"], **params})


def draw(llm_sql: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(llm_sql.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its `solve` and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("order", path).solve, interface
    finally:
        sys.modules.pop("order", None)
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


def given_of(llm_sql: Any, workload: Workload, interface: ModuleType) -> Any:
    """Return a private copy of what a candidate is given, as the wire makes one."""
    return interface.Given(*decode(encode(llm_sql.given(workload), REQUEST), REQUEST))


def score(llm_sql: Any, workloads: Sequence[Workload], path: Path) -> Results:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: Results = []
    with program(path) as (solve, interface):
        for workload in workloads:
            try:
                with own_numpy():
                    plan = solve(given_of(llm_sql, workload, interface), Random(0))
                checked = checker(llm_sql.plan_schema(workload), "plan")(decode(encode(plan)))
                results.append((workload, llm_sql.score(workload, checked), ""))
            except (Refused, Invalid, WireError) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def values(results: Results, llm_sql: Any, name: str = "hit_rate") -> list[float]:
    """Return one metric of every workload; a failure counts the worst."""
    return [
        (llm_sql.worst(each) if metrics is None else metrics).get(name, 0.0) for each, metrics, _ in results
    ]


def table(split: str, count: int) -> Iterator[str]:
    """Yield one line per program and for the bound, with the seconds that it took."""
    llm_sql = evaluator()
    began = time.perf_counter()
    workloads = draw(llm_sql, count, split)
    yield f"llm_sql, {count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    for name in ("bound", "reference"):
        began = time.perf_counter()
        found = np.mean([getattr(llm_sql, name)(workload)["hit_rate"] for workload in workloads])
        yield f"{name:20}{found:7.4f}  {time.perf_counter() - began:6.2f} s"
    for path in PROGRAMS:
        began = time.perf_counter()
        results = score(llm_sql, workloads, path)
        took = time.perf_counter() - began
        shown = ("hit_rate", "unbounded_hit_rate", "token_hit_rate", "phrase_share")
        means = "".join(f"{np.mean(values(results, llm_sql, name)):7.4f}" for name in shown)
        place = llm_sql.measures([(workload, metrics) for workload, metrics, _ in results])
        where = " ".join(f"{name} {value:.2f}" for name, value in place.items())
        yield f"{path.stem:20}{means}  {took:6.2f} s  {where}"
        yield from {reason for _, _, reason in results if reason}


if __name__ == "__main__":
    defaults = ("train", "45")
    split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(split, int(count)):
        print(line)
