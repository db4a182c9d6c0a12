"""Drive the evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/cloudcast/tests/cloudcast_driver.py [SPLIT] [COUNT]` prints what every program reaches.
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


def draw(cloudcast: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(cloudcast.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its `solve` and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("planner", path).solve, interface
    finally:
        sys.modules.pop("planner", None)
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


def given_of(cloudcast: Any, workload: Workload, interface: ModuleType) -> Any:
    """Return a private copy of what a candidate is given, as the wire makes one."""
    fields = [each.copy() if isinstance(each, np.ndarray) else each for each in cloudcast.given(workload)]
    return interface.Given(*fields)


def score(cloudcast: Any, workloads: Sequence[Workload], path: Path) -> Results:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: Results = []
    with program(path) as (solve, interface):
        for workload in workloads:
            try:
                with own_numpy():
                    plan = solve(given_of(cloudcast, workload, interface), Random(0))
                checked = checker(cloudcast.plan_schema(workload), "plan")(plan)
                results.append((workload, cloudcast.score(workload, checked), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def values(results: Results, cloudcast: Any, name: str = "cost_usd") -> list[float]:
    """Return one metric of every workload; a failure counts the worst."""
    return [(cloudcast.worst(each) if metrics is None else metrics)[name] for each, metrics, _ in results]


def programs() -> list[Path]:
    """Return the initial program and the baselines."""
    return [BASE / "initial" / "planner.py", *sorted((BASE / "baselines").glob("*.py"))]


def table(split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for bound and worst, with the seconds that it took."""
    cloudcast = evaluator()
    began = time.perf_counter()
    workloads = draw(cloudcast, count, split)
    yield f"cloudcast, {count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    for name in ("bound", "worst"):
        began = time.perf_counter()
        found = [getattr(cloudcast, name)(workload)["cost_usd"] for workload in workloads]
        took = time.perf_counter() - began
        yield f"{name:22}{np.mean(found):8.2f}{_geometric(found):8.2f}  {took:6.2f} s"
    for path in programs():
        began = time.perf_counter()
        results = score(cloudcast, workloads, path)
        took = time.perf_counter() - began
        ran = [metrics for _, metrics, _ in results if metrics is not None]
        usd = values(results, cloudcast)
        used, relays, published, trees = (
            np.mean([metrics[name] for metrics in ran])
            for name in ("deadline_used", "relays", "published_usd", "trees")
        )
        yield (
            f"{path.stem:22}{np.mean(usd):8.2f}{_geometric(usd):8.2f}  {took:6.2f} s"
            f"  published {published:7.2f}  deadline used {used:.2f}  relays {relays:.2f}  trees {trees:.1f}"
            f"  failed {count - len(ran)}"
        )


def _geometric(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))


if __name__ == "__main__":
    defaults = ("train", "48")
    split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(split, int(count)):
        print(line)
