"""Drive the evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/telemetry_repair/tests/telemetry_driver.py [SPLIT] [COUNT]` prints what each program
reaches.
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
PROGRAMS = (BASE / "initial" / "repair.py", *sorted((BASE / "baselines").glob("*.py")))
Results = list[tuple[Workload, Metrics | None, str]]
SHOWN = ("accuracy", "brier_loss", "brier", "faulty_accuracy", "healthy_accuracy", "graded_accuracy")


def evaluator(**params: Any) -> Any:
    """Load the evaluator as the trusted worker does, with some parameters changed."""
    toml = tomllib.loads((BASE / "problem.toml").read_text())
    return load_evaluator(BASE, None, toml["problem"]["evaluator"], {**toml["params"], **params})


def draw(telemetry: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(telemetry.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its `solve` and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("repair_program", path).solve, interface
    finally:
        sys.modules.pop("repair_program", None)
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


@contextmanager
def own_numpy() -> Iterator[None]:
    """Undo what a program does to numpy, as the boundary between processes does."""
    kept = dict(vars(np))
    try:
        yield
    finally:
        vars(np).update(kept)


def as_sent(plan: Any) -> Any:
    """Return an answer as the wire delivers it: named tuples have become tuples."""
    if isinstance(plan, list):
        return [as_sent(each) for each in plan]
    return tuple(plan) if isinstance(plan, tuple) else plan


def score(telemetry: Any, workloads: Sequence[Workload], path: Path, blind: bool = False) -> Results:
    """Return metrics, or None and the reason of the failure, of a program on every workload.

    With `blind` the program is told nothing of what enters and leaves the network.
    """
    results: Results = []
    with program(path) as (solve, interface):
        for workload in workloads:
            try:
                given = interface.Given(*telemetry.given(workload))
                if blind:
                    nothing = (0.0,) * len(given.entering_mbps)
                    given = given._replace(entering_mbps=nothing, leaving_mbps=nothing)
                with own_numpy():
                    plan = as_sent(solve(given, Random(0)))
                checked = checker(telemetry.plan_schema(workload), "plan")(plan)
                results.append((workload, telemetry.score(workload, checked), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def values(results: Results, telemetry: Any, name: str = "accuracy") -> list[float]:
    """Return one metric of every workload; a failure counts the worst."""
    return [(telemetry.worst(each) if metrics is None else metrics)[name] for each, metrics, _ in results]


def table(split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for the reference, with the seconds that it took."""
    telemetry = evaluator()
    began = time.perf_counter()
    workloads = draw(telemetry, count, split)
    yield f"{count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    yield f"{'':24}" + "".join(f"{name:>18}" for name in SHOWN)
    began = time.perf_counter()
    best = [telemetry.reference(workload) for workload in workloads]
    found = "".join(f"{np.mean([each[name] for each in best]):18.4f}" for name in SHOWN[:2])
    yield f"{'reference':24}{found}  {time.perf_counter() - began:6.2f} s"
    for path in PROGRAMS:
        began = time.perf_counter()
        results = score(telemetry, workloads, path)
        took = time.perf_counter() - began
        found = "".join(f"{np.mean(values(results, telemetry, name)):18.4f}" for name in SHOWN)
        yield f"{path.stem:24}{found}  {took:6.2f} s"


if __name__ == "__main__":
    defaults = ("train", "70")
    split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    sys.path.insert(0, str(BASE.parents[1]))
    for line in table(split, int(count)):
        print(line)
