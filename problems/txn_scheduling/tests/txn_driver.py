"""Drive both transaction problems in this process: no worker, no sandbox, the same schemas.

`python problems/txn_scheduling/tests/txn_driver.py [PROBLEM] [SPLIT] [COUNT]` prints what programs reach.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from evaluators.contract import Invalid, Metrics, PolicyEvaluator, Workload
from evaluators.loader import load_evaluator
from evaluators.schema import Refused, checker

PROBLEMS = Path(__file__).resolve().parents[2]
BASE = PROBLEMS / "txn_scheduling"
KEY = bytes(range(16))
Result = tuple[Workload, Metrics | None, str]


def evaluator(problem: str = "txn_scheduling") -> Any:
    """Load a problem's evaluator as the trusted worker does."""
    folder = PROBLEMS / problem
    online = tomllib.loads((BASE / "problem.toml").read_text())
    toml = tomllib.loads((folder / "problem.toml").read_text())
    base = BASE if "extends" in toml else None
    return load_evaluator(folder, base, toml["problem"]["evaluator"], online["params"])


def draw(txn: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(txn.workloads(split, key), count))


def programs(problem: str) -> list[Path]:
    """Return the initial program and the baselines of a problem."""
    folder = PROBLEMS / problem
    return [*(folder / "initial").glob("*.py"), *sorted((folder / "baselines").glob("*.py"))]


@contextmanager
def program(path: Path) -> Iterator[tuple[ModuleType, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its module and that interface."""
    had = sys.modules.get("interface")
    folder = next(place for place in path.parents if (place / "interface.py").exists())
    try:
        interface = _module("interface", folder / "interface.py")
        yield _module("program_of_txn", path), interface
    finally:
        sys.modules.pop("program_of_txn", None)
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


def score(txn: Any, workloads: Sequence[Workload], path: Path) -> list[Result]:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: list[Result] = []
    with program(path) as (module, interface):
        one = _online if isinstance(txn, PolicyEvaluator) else _offline
        for workload in workloads:
            try:
                results.append((workload, one(txn, workload, module, interface), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def _online(txn: Any, workload: Workload, module: ModuleType, interface: ModuleType) -> Metrics:
    check = checker(txn.action_schema(workload), "action")
    policy = module.Policy(interface.Given(*txn.given(workload)), Random(0))
    steps = txn.simulate(workload)
    observation = next(steps)
    while True:
        action = check(_ask(policy, interface.Observation(*observation)))
        try:
            observation = steps.send(action)
        except StopIteration as end:
            metrics: Metrics = end.value
            return metrics


def _ask(policy: Any, observation: Any) -> Any:
    try:
        return policy.step(observation)
    except StopIteration as error:
        raise RuntimeError("StopIteration") from error


def _offline(txn: Any, workload: Workload, module: ModuleType, interface: ModuleType) -> Metrics:
    check = checker(txn.plan_schema(workload), "plan")
    metrics: Metrics = txn.score(
        workload, check(module.solve(interface.Given(*txn.given(workload)), Random(0)))
    )
    return metrics


def ticks(results: Sequence[Result], txn: Any) -> list[float]:
    """Return the makespan of every workload; a failure counts the worst."""
    return [
        (txn.worst(workload) if metrics is None else metrics)["makespan_ticks"]
        for workload, metrics, _ in results
    ]


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return math.fsum(values) / len(values)


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean."""
    return math.exp(mean([math.log(value) for value in values]))


def table(problem: str, split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for bound, reference and worst, with the seconds that it took."""
    txn = evaluator(problem)
    began = time.process_time()
    workloads = draw(txn, count, split)
    yield f"{problem}, {count} {split} workloads, drawn in {time.process_time() - began:.2f} s"
    yield f"{'':34}{'mean':>8}{'geom.':>8}{'2PL':>8}{'CPU s':>8}"
    for name in ("bound", "reference", "worst"):
        began = time.process_time()
        found = [getattr(txn, name)(workload)["makespan_ticks"] for workload in workloads]
        yield _row(name, found, None, time.process_time() - began)
    for path in programs(problem):
        began = time.process_time()
        results = score(txn, workloads, path)
        spent = time.process_time() - began
        two_phase = mean([metrics["two_phase_ticks"] for _, metrics, _ in results if metrics is not None])
        yield _row(f"{path.parent.name}/{path.stem}", ticks(results, txn), two_phase, spent)


def _row(name: str, found: Sequence[float], two_phase: float | None, spent: float) -> str:
    other = f"{two_phase:8.1f}" if two_phase is not None else " " * 8
    return f"{name:34}{mean(found):8.2f}{geometric_mean(found):8.2f}{other}{spent:8.2f}"


if __name__ == "__main__":
    defaults = ("txn_scheduling", "train", "84")
    problem, split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(problem, split, int(count)):
        print(line)
