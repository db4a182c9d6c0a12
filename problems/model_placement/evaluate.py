"""Score placements of language models on GPUs by the KV pressure of the next hour."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators.contract import BadData, Invalid, Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Int, ListOf, Schema
from simulators.placement import (
    Fleet,
    Infeasible,
    Instance,
    Ranges,
    Scene,
    check,
    draw_scene,
    least_pressure,
    most_pressure,
    moved_gb,
    pressures,
    search,
    solve_exactly,
)

EXACT_MODELS = 12
"""Up to how many models the bound is the optimum, where the search for it ends in time."""
_CROSSED = ("models", "node_kinds", "fill", "budget_share", "drift")
_STEP = 1 / 1.1347241384015194
_LOOKED_AT = 10


@dataclass(frozen=True)
class Case:
    """The truth of a workload."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    scene: Scene


class ModelPlacement(PlanEvaluator):
    """Models on GPUs, the rates of a day, and a budget for moving; the next hour counts."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._bounds: dict[str, float] = {}
        self._references: dict[str, float] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        cells = self.params["shift" if split == "shift" else "search"]
        for index in itertools.count():
            ranges = _ranges(cells, index)
            scene = draw_scene(workload_rng(key, index, split), ranges, self.params["seen_windows"])
            yield Workload(Case(f"{split}/{key.hex()}/{index}", scene), _label(ranges))

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield instances in the published form: models with `model_size`, `req_rate` and `slo` on 80 GB.

        The file is JSON, `{"instances": [{"gpu_num": 5, "models": [{"model_size": 12, ...}, ...]}]}`. A
        published instance has one window, which is seen and counts, and any move is free.

        Raises:
            BadData: the file cannot be read.
        """
        try:
            listed = json.loads(path.read_text())["instances"]
            found = [Case(f"{path}:{at}", _published(each)) for at, each in enumerate(listed)]
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise BadData(
                f"{str(path)!r} cannot be read as placement instances ({type(error).__name__}: {error}); "
                'it must be JSON like {"instances": [{"gpu_num": 5, "models": [{"model_size": 12, '
                '"req_rate": 3, "slo": 5}]}]}.'
            ) from None
        return [Workload(case, "recorded") for case in found]

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        scene = _scene(workload)
        instance = scene.instance
        return (
            instance.fleet.memory_gb,
            instance.fleet.node,
            instance.fleet.reserve_gb,
            instance.size_gb,
            instance.width,
            instance.slo_s,
            instance.current,
            instance.budget_gb,
            tuple(zip(*scene.seen, strict=True)),
        )

    def plan_schema(self, workload: Workload) -> Schema:
        """Return the schema of the first GPU of every model."""
        instance = _scene(workload).instance
        return ListOf(Int(0, instance.fleet.gpus - 1), max_len=instance.models, min_len=instance.models)

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the largest pressure of the next hour, and how it came about.

        Raises:
            Invalid: the placement is not allowed.
        """
        scene = _scene(workload)
        instance = scene.instance
        try:
            check(instance, plan)
        except Infeasible as refused:
            raise Invalid(str(refused)) from None
        pressed = pressures(instance, scene.next, plan)
        hot = max(range(len(pressed)), key=pressed.__getitem__)
        return {
            "kv_pressure": pressed[hot],
            "mean_pressure": sum(pressed) / len(pressed),
            "seen_pressure": max(pressures(instance, scene.seen[-1], plan)),
            "stay_pressure": max(pressures(instance, scene.next, instance.current)),
            "moved_gb": moved_gb(instance, plan),
            "moves": float(sum(new != old for new, old in zip(plan, instance.current, strict=True))),
            **_hot(scene, plan, hot),
        }

    def worst(self, workload: Workload) -> Metrics:
        """Return what no allowed placement exceeds."""
        scene = _scene(workload)
        return {"kv_pressure": most_pressure(scene.instance, scene.next)}

    def bound(self, workload: Workload) -> Metrics:
        """Return a pressure that no allowed placement passes: the optimum where the instance is small."""
        token, scene = workload.data.token, _scene(workload)
        if token not in self._bounds:
            small = scene.instance.models <= EXACT_MODELS
            self._bounds[token] = (
                solve_exactly(scene.instance, scene.next).low
                if small
                else least_pressure(scene.instance, scene.next)
            )
        return {"kv_pressure": self._bounds[token]}

    def reference(self, workload: Workload) -> Metrics:
        """Return what a long local search finds that knows the next hour."""
        token, scene = workload.data.token, _scene(workload)
        if token not in self._references:
            found = search(scene.instance, scene.next)
            self._references[token] = max(pressures(scene.instance, scene.next, found))
        return {"kv_pressure": self._references[token]}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, or the three workloads that are furthest from their bounds."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {describe(_scene(workload))}: {reason}" for workload, reason in failures[:3]]
        done = [(workload, metrics) for workload, metrics, _ in results if metrics is not None]
        # Bounds of small workloads take a while: only the most uneven placements are looked at closely.
        done.sort(key=lambda pair: pair[1]["kv_pressure"] / pair[1]["mean_pressure"], reverse=True)
        gaps = [(m["kv_pressure"] / self.bound(w)["kv_pressure"], w, m) for w, m in done[:_LOOKED_AT]]
        gaps.sort(key=lambda item: item[0], reverse=True)
        lines += [f"- {self._loss(workload, metrics)}" for _, workload, metrics in gaps[:3]]
        return "\n".join(lines)

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how much of the budgets is used, and how even the pressure is over the GPUs."""
        done = [(_scene(w).instance.budget_gb, m) for w, m in results if m is not None]
        if not done:
            return {"moved": 0.0, "evenness": 0.0}
        return {
            "moved": sum(m["moved_gb"] / budget for budget, m in done) / len(done),
            "evenness": sum(m["mean_pressure"] / m["kv_pressure"] for _, m in done) / len(done),
        }

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        scene = _scene(workload)
        return (
            f"{describe(scene)}: largest pressure {metrics['kv_pressure']:.4f} per GB, at least "
            f"{self.bound(workload)['kv_pressure']:.4f} by any placement, {metrics['stay_pressure']:.4f} if "
            f"nothing were moved, {metrics['mean_pressure']:.4f} in the mean over GPUs. "
            f"{metrics['moves']:.0f} models with {metrics['moved_gb']:.0f} GB were moved. "
            f"{_why(scene, metrics)}"
        )


def describe(scene: Scene) -> str:
    """Say in one line what kind of workload this is."""
    instance = scene.instance
    fleet = instance.fleet
    sizes = "/".join(f"{memory:g}" for memory in sorted(set(fleet.memory_gb)))
    share = sum(instance.size_gb) / sum(fleet.memory_gb)
    return (
        f"{instance.models} models ({sum(width > 1 for width in instance.width)} over several GPUs) on "
        f"{fleet.gpus} GPUs of {sizes} GB, {share:.0%} full, budget {instance.budget_gb:g} GB"
    )


def _why(scene: Scene, metrics: Metrics) -> str:
    models, free_gb = metrics["hot_models"], metrics["hot_free_gb"]
    where = f"The most pressed GPU has {models:.0f} models and {free_gb:.0f} GB free"
    left = scene.instance.budget_gb - metrics["moved_gb"]
    if metrics["hot_growth"] > 1.2:
        return f"{where}, and the load on it grew by {metrics['hot_growth'] - 1:.0%} over the last seen hour."
    if metrics["kv_pressure"] > 1.001 * metrics["stay_pressure"]:
        return f"{where}; the moves made it worse."
    if left > 0.3 * scene.instance.budget_gb:
        return f"{where}, while {left:.0f} GB of the budget were not used."
    if free_gb < 0.2 * max(scene.instance.fleet.memory_gb):
        return f"{where}: weights are in the way of the cache."
    return f"{where}: its load was left together."


def _hot(scene: Scene, plan: Sequence[int], hot: int) -> dict[str, float]:
    """Return what is on the most pressed GPU, and how its load grew over the last hour that was seen."""
    instance = scene.instance
    there = [model for model, first in enumerate(plan) if hot in instance.group(model, first)]
    before, now = instance.loads(scene.seen[-1]), instance.loads(scene.next)
    seen = sum(before[model] for model in there)
    used = sum(instance.shard_gb[model] for model in there)
    return {
        "hot_models": float(len(there)),
        "hot_free_gb": instance.fleet.memory_gb[hot] - used,
        "hot_growth": sum(now[model] for model in there) / seen if seen else 1.0,
    }


def _published(listed: Mapping[str, Any]) -> Scene:
    gpus, models = int(listed["gpu_num"]), listed["models"]
    rate = tuple(float(each["req_rate"]) for each in models)
    instance = Instance(
        fleet=Fleet((80.0,) * gpus, (0,) * gpus, reserve_gb=1.0),
        size_gb=tuple(float(each["model_size"]) for each in models),
        width=(1,) * len(models),
        slo_s=tuple(float(each["slo"]) for each in models),
        current=tuple(model % gpus for model in range(len(models))),
        budget_gb=float(sum(each["model_size"] for each in models)),
    )
    try:
        check(instance, instance.current)
    except Infeasible as refused:
        raise ValueError(f"dealt in turn, {refused}") from None
    return Scene(instance, (rate, rate))


def _ranges(cells: Mapping[str, Any], index: int) -> Ranges:
    """Return the parameter cell of an index: an additive recurrence over all parameters at once.

    Every stretch of indices is near to uniform in every parameter and in their pairs; the steps are the
    powers of 1/g, g the root of g^6 = g + 1 (M. Roberts, The unreasonable effectiveness of quasirandom
    sequences, 2018).
    """
    picks = ((0.5 + (index + 1) * _STEP**power) % 1 for power in range(1, 6))
    models, kinds, fill, budget_share, drift = (
        cells[name][int(pick * len(cells[name]))] for name, pick in zip(_CROSSED, picks, strict=True)
    )
    swing, walk, burst_share = drift
    low, high = cells["burst_factor"]
    return Ranges(
        models=models,
        node_kinds=tuple((gpus, memory) for gpus, memory in kinds),
        fill=fill,
        budget_share=budget_share,
        swing=swing,
        walk=walk,
        burst_share=burst_share,
        burst_factor=(low, high),
    )


def _label(ranges: Ranges) -> str:
    """Name a cell by what matters most in it: few enough names to be read side by side."""
    size = "small" if ranges.models <= EXACT_MODELS else "large" if ranges.models >= 100 else "middle"
    return f"models={size},gpus={'mixed' if len(ranges.node_kinds) > 1 else 'alike'}"


def _scene(workload: Workload) -> Scene:
    scene: Scene = workload.data.scene
    return scene
