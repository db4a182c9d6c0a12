"""Drive an evaluator in this process: no worker, no sandbox, the same schemas.

`python problems/spot_multiregion/tests/spot_driver.py [PROBLEM] [SPLIT] [COUNT]` prints a table of what every
program costs.
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

PROBLEMS = Path(__file__).resolve().parents[2]
BASE = PROBLEMS / "spot_multiregion"
KEY = bytes(range(16))


def evaluator(problem: str = "spot_multiregion") -> Any:
    """Load a problem's evaluator as the trusted worker does."""
    folder = PROBLEMS / problem
    toml = tomllib.loads((folder / "problem.toml").read_text())
    base = PROBLEMS / toml["extends"] if "extends" in toml else None
    return load_evaluator(folder, base, toml["problem"]["evaluator"], toml["params"])


def draw(spot: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
    """Return the first workloads of a split."""
    return list(itertools.islice(spot.workloads(split, key), count))


@contextmanager
def program(path: Path) -> Iterator[tuple[Any, ModuleType]]:
    """Import a program with a fresh `interface` of its own; gives its policy and that interface."""
    had = sys.modules.get("interface")
    try:
        interface = _module("interface", BASE / "interface.py")
        yield _module("policy", path).Policy, interface
    finally:
        sys.modules.pop("policy", None)
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


def score(spot: Any, workloads: Sequence[Workload], path: Path) -> list[tuple[Workload, Metrics | None, str]]:
    """Return metrics, or None and the reason of the failure, of a program on every workload."""
    results: list[tuple[Workload, Metrics | None, str]] = []
    with program(path) as (policy, interface):
        for seed, workload in enumerate(workloads):
            try:
                results.append((workload, _one(spot, workload, policy, interface, seed), ""))
            except (Refused, Invalid) as refused:
                results.append((workload, None, f"invalid: {refused}"))
            except Exception as error:  # noqa: BLE001  (the program's own)
                results.append((workload, None, f"exception: {error!r}"))
    return results


def _one(spot: Any, workload: Workload, policy: Any, interface: ModuleType, seed: int) -> Metrics:
    check = checker(spot.action_schema(workload), "action")
    one = policy(interface.Given(*spot.given(workload)), Random(seed))
    steps = spot.simulate(workload)
    observation = next(steps)
    while True:
        action = check(_ask(one, interface.Observation(*observation)))
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


def costs(results: Sequence[tuple[Workload, Metrics | None, str]], spot: Any) -> list[float]:
    """Return the cost of every workload; a failure counts the worst."""
    return [
        (spot.worst(workload) if metrics is None else metrics)["cost_usd"] for workload, metrics, _ in results
    ]


def table(problem: str, split: str, count: int) -> Iterator[str]:
    """Yield one line per program, and for bound, reference and worst, with the seconds that it took."""
    spot = evaluator(problem)
    began = time.perf_counter()
    workloads = draw(spot, count, split)
    yield f"{problem}, {count} {split} workloads, drawn in {time.perf_counter() - began:.2f} s"
    for name in ("bound", "reference", "worst"):
        began = time.perf_counter()
        usd = mean([getattr(spot, name)(workload)["cost_usd"] for workload in workloads])
        yield f"{name:32}{usd:8.2f} USD  {time.perf_counter() - began:6.2f} s"
    for path in (BASE / "initial" / "policy.py", *sorted((BASE / "baselines").glob("*.py"))):
        began = time.perf_counter()
        usd = mean(costs(score(spot, workloads, path), spot))
        yield f"{path.parent.name + '/' + path.stem:32}{usd:8.2f} USD  {time.perf_counter() - began:6.2f} s"


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return sum(values) / len(values)


if __name__ == "__main__":
    defaults = ("spot_multiregion", "train", "200")
    problem, split, count = (*sys.argv[1:], *defaults[len(sys.argv) - 1 :])
    for line in table(problem, split, int(count)):
        print(line)
