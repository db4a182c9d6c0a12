"""Drive a problem in this process, for its own tests: no worker, no sandbox, the same schemas and codec.

Nothing here confines a program, so it is for programs of the problem's folder and never for a search. A
problem's tests make one `Driver` of the problem's folder; the folder may lie anywhere, as long as the parent
of `problems`, which `adrs.bundle.root()` names, is on the path.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from evaluators.contract import Invalid, Metrics, PolicyEvaluator, Workload
from evaluators.loader import load_evaluator
from evaluators.schema import Refused, checker
from evaluators.wire import REQUEST, WireError, decode, encode

KEY = bytes(range(16))
"""The key of the workloads that tests draw and that the tables of READMEs are measured on."""

Results = list[tuple[Workload, Metrics | None, str]]
"""A workload, its metrics, and where there are none the kind and the reason of the failure."""


class Driver:
    """A problem's evaluator and programs, in this process.

    Args:
        folder: the problem's folder. What it lacks is taken from the problem beside it that it `extends`.
        own_randomness: whether a program's random numbers differ from workload to workload, as they do in a
            search; otherwise every workload begins with `Random(0)`.
    """

    def __init__(self, folder: Path, *, own_randomness: bool = False) -> None:
        """Read the problem's `problem.toml`, and that of the problem it extends."""
        toml = tomllib.loads((folder / "problem.toml").read_text())
        self.folder = folder
        self.base = folder.parent / toml["extends"] if "extends" in toml else None
        under = tomllib.loads((self.base / "problem.toml").read_text()) if self.base is not None else {}
        self.toml: dict[str, Any] = {**under, **toml, "params": _merged(under, toml, "params")}
        self.toml["problem"] = _merged(under, toml, "problem")
        self.entry_file, self.entry = self.toml["problem"]["entry"].split(":")
        self.objectives: dict[str, str] = {each["name"]: each["direction"] for each in self.toml["objective"]}
        self._own_randomness = own_randomness

    def file(self, name: str) -> Path:
        """Return a file or folder of the problem, or of the problem that it extends where it has none."""
        own = self.folder / name
        return own if self.base is None or own.exists() else self.base / name

    def programs(self) -> list[Path]:
        """Return the initial program and the baselines."""
        return [self.file(f"initial/{self.entry_file}"), *sorted(self.file("baselines").glob("*.py"))]

    def attacks(self) -> list[Path]:
        """Return the cheating programs that the problem brings."""
        return sorted(self.file("attacks").glob("*.py"))

    def evaluator(self, **params: Any) -> Any:
        """Load the evaluator as the trusted worker does, with some parameters changed."""
        name = self.toml["problem"]["evaluator"]
        return load_evaluator(self.folder, self.base, name, {**self.toml["params"], **params})

    def draw(self, evaluator: Any, count: int, split: str = "train", key: bytes = KEY) -> list[Workload]:
        """Return the first workloads of a split."""
        return list(itertools.islice(evaluator.workloads(split, key), count))

    @contextmanager
    def program(self, path: Path) -> Iterator[tuple[Any, ModuleType]]:
        """Import a program with a fresh `interface` of its own; gives its entry and that interface."""
        had = sys.modules.get("interface")
        try:
            interface = _module("interface", self.file("interface.py"))
            yield getattr(_module("candidate", path), self.entry), interface
        finally:
            sys.modules.pop("candidate", None)
            sys.modules.pop("interface", None)
            if had is not None:
                sys.modules["interface"] = had

    def given_of(self, evaluator: Any, workload: Workload, interface: ModuleType) -> Any:
        """Return a private copy of what a candidate is given, as the wire makes one."""
        return interface.Given(*decode(encode(evaluator.given(workload), REQUEST), REQUEST))

    def score(
        self,
        evaluator: Any,
        workloads: Sequence[Workload],
        path: Path,
        tell: Callable[[Any], Any] = lambda given: given,
    ) -> Results:
        """Return metrics, or None and the reason of the failure, of a program on every workload.

        Args:
            evaluator: of this problem.
            workloads: to run on, in this order, in one process.
            path: the program.
            tell: changes what the program is given.
        """
        one = _acted if isinstance(evaluator, PolicyEvaluator) else _planned
        results: Results = []
        with self.program(path) as (entry, interface):
            for index, workload in enumerate(workloads):
                rng = Random(index if self._own_randomness else 0)  # noqa: S311
                try:
                    with _own_numpy():
                        given = tell(self.given_of(evaluator, workload, interface))
                        answer = one(evaluator, workload, entry, interface, given, rng)
                    results.append((workload, answer(), ""))
                except (Refused, Invalid, WireError) as refused:
                    results.append((workload, None, f"invalid: {refused}"))
                except Exception as error:  # noqa: BLE001  (the program's own)
                    results.append((workload, None, f"exception: {error!r}"))
        return results

    def values(self, results: Results, evaluator: Any, name: str = "") -> list[float]:
        """Return one metric of every workload, by default the first objective.

        A failure counts what `worst` says, and 0 of a metric that `worst` does not name.
        """
        name = name or next(iter(self.objectives))
        return [
            evaluator.worst(each).get(name, 0.0) if metrics is None else metrics[name]
            for each, metrics, _ in results
        ]

    def table(self, split: str, count: int, also: Sequence[str] = ()) -> Iterator[str]:
        """Yield a line per program, and for bound, reference and worst where there are any, with CPU seconds.

        Args:
            split: to draw from, with the key of tests.
            count: how many workloads to draw.
            also: metrics beside the objectives; their means leave failures out.
        """
        evaluator = self.evaluator()
        began = time.process_time()
        workloads = self.draw(evaluator, count, split)
        took = time.process_time() - began
        yield f"{self.folder.name}, {count} {split} workloads, drawn in {took:.2f} CPU s"
        heads = [*(head for name in self.objectives for head in (name, "geom.")), *also, "CPU s"]
        widths = [max(10, len(head) + 2) for head in heads]
        yield " " * 38 + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True))
        for limit in ("bound", "reference", "worst"):
            began = time.process_time()
            found = [getattr(evaluator, limit)(workload) for workload in workloads]
            if None not in found:
                took = time.process_time() - began
                rest = [math.nan] * len(also)
                yield _row(limit, [*_summary(found, self.objectives), *rest, took], widths)
        for path in self.programs():
            began = time.process_time()
            results = self.score(evaluator, workloads, path)
            took = time.process_time() - began
            counted = [evaluator.worst(each) if metrics is None else metrics for each, metrics, _ in results]
            ran = [metrics for _, metrics, _ in results if metrics is not None]
            means = [_mean([metrics[name] for metrics in ran]) for name in also]
            label = f"{path.parent.name}/{path.stem}"
            yield _row(label, [*_summary(counted, self.objectives), *means, took], widths)
            yield from sorted({f"  failed: {reason}" for _, _, reason in results if reason})

    def main(self, arguments: Sequence[str], count: int, also: Sequence[str] = ()) -> None:
        """Print the table of `[SPLIT] [COUNT]`, by default of `count` train workloads."""
        split, number = (*arguments, *("train", str(count))[len(arguments) :])
        for line in self.table(split, int(number), also):
            print(line)


def _merged(under: Mapping[str, Any], own: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a problem over that of the problem it extends, key by key, as `adrs` merges them."""
    merged = dict(under.get(name, {}))
    for key, value in own.get(name, {}).items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged({key: merged[key]}, {key: value}, key) if both else value
    return merged


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # noqa: S101  (a .py has a loader)
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def _own_numpy() -> Iterator[None]:
    """Undo what a program does to numpy, as the boundary between processes does."""
    numpy = sys.modules.get("numpy")
    kept = dict(vars(numpy)) if numpy is not None else {}
    try:
        yield
    finally:
        if numpy is not None:
            vars(numpy).update(kept)


def _planned(
    evaluator: Any, workload: Workload, entry: Any, interface: ModuleType, given: Any, rng: Random
) -> Callable[[], Metrics]:
    plan = checker(evaluator.plan_schema(workload), "plan")(decode(encode(entry(given, rng))))

    def scored() -> Metrics:
        metrics: Metrics = evaluator.score(workload, plan)
        return metrics

    return scored


def _acted(
    evaluator: Any, workload: Workload, entry: Any, interface: ModuleType, given: Any, rng: Random
) -> Callable[[], Metrics]:
    check = checker(evaluator.action_schema(workload), "action")
    policy = entry(given, rng)
    steps = evaluator.simulate(workload)
    observation = next(steps)
    while True:
        action = check(_asked(policy, interface.Observation(*observation)))
        try:
            observation = steps.send(action)
        except StopIteration as end:
            metrics: Metrics = end.value
            return lambda: metrics


def _asked(policy: Any, observation: Any) -> Any:
    """Ask a policy; its own StopIteration must not pass for the end of the simulation."""
    try:
        return policy.step(observation)
    except StopIteration as error:
        raise RuntimeError("StopIteration") from error


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(_mean([math.log(value) for value in values])) if min(values) > 0 else math.nan


def _summary(found: Sequence[Mapping[str, float]], objectives: Mapping[str, str]) -> list[float]:
    columns = [[each.get(name, math.nan) for each in found] for name in objectives]
    return [aggregate(column) for column in columns for aggregate in (_mean, _geometric_mean)]


def _row(label: str, numbers: Sequence[float], widths: Sequence[int]) -> str:
    """Return a line of a table; a number that there is not is a dash."""
    texts = ["-" if math.isnan(number) else f"{number:.4f}" for number in numbers]
    return f"{label:38}" + "".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))
