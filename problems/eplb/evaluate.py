"""Score placements of experts by how even the next window is, under a hard budget of migrated bytes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import BadData, Invalid, Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Array, Schema
from simulators.moe import (
    Cluster,
    Drift,
    LoadError,
    balance_limit,
    balance_of,
    draw_loads,
    hottest_of,
    moved_experts,
    read_loads,
    sends_per_visit,
    unplaced,
    windows_of,
)

from .interface import Given, Loads, balance, current, exchange, hierarchical, pack, replicate, within_budget

Ints = NDArray[np.int64]

_CROSSED = ("models", "drifts", "budget_share", "hot_layer_factor", "domain_shift")
_STEP = 1 / 1.1347241384015194
"""Of an additive recurrence over all parameters at once: powers of 1/g, g the root of g^6 = g + 1 (M.
Roberts, The unreasonable effectiveness of quasirandom sequences, 2018)."""
_REFERENCE_SWAPS = 200
_RECORDED_MODEL = "published"
_LATEST_SHIFT, _EARLIEST_SHIFT = 1, 4
"""A change of domain leaves at least and at most so many past windows of the new one."""


@dataclass(frozen=True)
class Case:
    """The truth of a workload."""

    token: str
    """Names the case among all others: what a cache is keyed by."""
    cluster: Cluster
    past: Ints
    """Tokens, `[windows, layers, experts]`."""
    next: Ints
    """Tokens of the window that is scored, `[layers, experts]`."""
    placement: Ints
    """The experts in the slots now, `[layers, slots]`."""
    budget: int
    """How many experts may be moved."""


class Eplb(PlanEvaluator):
    """The candidate fills the slots of every layer with experts; everything else is derived from that."""

    def __init__(self, params: Mapping[str, Any], folder: Path) -> None:
        """Keep the parameters and empty caches."""
        super().__init__(params, folder)
        self._bounds: dict[str, float] = {}
        self._references: dict[str, float] = {}

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield workloads without end; parameter cells follow from the index, all else from the key."""
        cells = self.params["shift" if split == "shift" else "search"]
        for index in itertools.count():
            cell = _cell(cells, index)
            seed = workload_rng(key, index, split).getrandbits(128)
            yield self._draw(cell, np.random.default_rng(seed), f"{split}/{key.hex()}/{index}")

    def recorded(self, path: Path) -> Iterable[Workload]:
        """Yield a workload per window of a recorded load, on the published number of slots and GPUs.

        Raises:
            BadData: the file cannot be read, is too short, or its experts do not fit.
        """
        try:
            windows = windows_of(read_loads(path), self.params["steps_per_window"])
        except LoadError as error:
            raise BadData(str(error)) from None
        if len(windows) < 3:
            raise BadData(
                f"{str(path)!r} holds {len(windows)} windows of {self.params['steps_per_window']} steps; "
                "at least 3 are needed: one for the placement, one to learn from, one to score."
            )
        model = {**self.params["models"][_RECORDED_MODEL], "experts": windows.shape[2]}
        try:
            cluster = Cluster(**model)
        except ValueError as error:
            raise BadData(f"{str(path)!r} cannot be placed: {error}; give loads of another model.") from None
        return self._windows(cluster, windows, str(path))

    def given(self, workload: Workload) -> Plain:
        """Return the fields of `interface.Given`."""
        return tuple(_given(_case(workload)))

    def plan_schema(self, workload: Workload) -> Schema:
        """Return the schema of the slots: an expert in each."""
        case = _case(workload)
        return Array("int64", case.placement.shape, 0, case.cluster.experts - 1)

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the balance of the next window, what was moved, and where it is least even.

        Raises:
            Invalid: an expert has no slot, or the moves cost more than the budget.
        """
        case = _case(workload)
        if (missing := unplaced(case.cluster, plan)) is not None:
            raise Invalid(f"expert {missing[1]} of layer {missing[0]} has no slot")
        moved = moved_experts(case.cluster, case.placement, plan)
        if moved > case.budget:
            raise Invalid(f"{moved} experts would be moved, and the budget is {case.budget}")
        return self._metrics(case, plan, moved)

    def worst(self, workload: Workload) -> Metrics:
        """Return the balance with all tokens on one GPU: no placement has less."""
        return {"balance": 1.0 / _case(workload).cluster.gpus}

    def bound(self, workload: Workload) -> Metrics:
        """Return the balance that no placement exceeds (proof in `simulators/moe/limits.py`)."""
        case = _case(workload)
        if case.token not in self._bounds:
            self._bounds[case.token] = balance_limit(case.cluster, case.next)
        return {"balance": self._bounds[case.token]}

    def reference(self, workload: Workload) -> Metrics:
        """Return the balance of the best greedy policy that knows the next window, within the budget."""
        case = _case(workload)
        if case.token not in self._references:
            self._references[case.token] = _clairvoyant(case)
        return {"balance": self._references[case.token]}

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return the share of the budget that is used, and how far groups are spread over nodes."""
        ran = [(_case(workload), metrics) for workload, metrics in results if metrics is not None]
        if not ran:
            return {"budget_used": 1.0, "spread": 1.0}
        most = [min(case.cluster.nodes, case.cluster.per_visit) - 1.0 for case, _ in ran]
        spread = [
            (metrics["sends_per_visit"] - 1.0) / limit if limit else 0.0
            for (_, metrics), limit in zip(ran, most, strict=True)
        ]
        used = [metrics["budget_used"] for _, metrics in ran]
        return {"budget_used": sum(used) / len(ran), "spread": sum(spread) / len(ran)}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three workloads that are furthest from their bound and why."""
        failures = [(workload, reason) for workload, metrics, reason in results if metrics is None]
        lines = [f"Failed on {len(failures)} of {len(results)} workloads."] if failures else []
        lines += [f"- {workload.cell}: {reason}" for workload, reason in failures[:3]]
        gaps = [
            (metrics["balance"] / self.bound(workload)["balance"], at, workload, metrics)
            for at, (workload, metrics, _) in enumerate(results)
            if metrics is not None
        ]
        gaps.sort(key=lambda gap: gap[:2])
        lines += [f"- {self._loss(workload, metrics)}" for _, _, workload, metrics in gaps[:3]]
        return "\n".join(lines)

    def _draw(self, cell: Mapping[str, Any], rng: np.random.Generator, token: str) -> Workload:
        windows, layers = self.params["windows"], self.params["layers"]
        cluster = Cluster(**self.params["models"][cell["models"]])
        shift = windows - int(rng.integers(_LATEST_SHIFT, _EARLIEST_SHIFT, endpoint=True))
        static_sd, wander_sd, rho = cell["drifts"]
        drift = Drift(
            static_sd,
            wander_sd,
            rho,
            hot_layer_factor=cell["hot_layer_factor"],
            hot_layers=layers // 5,
            shift_after=shift if cell["domain_shift"] else None,
        )
        loads = draw_loads(rng, windows + 1, layers, cluster.experts, self.params["tokens"], drift)
        label = f"model={cell['models']},budget={cell['budget_share']:g}"
        return Workload(_case_of(token, cluster, loads, cell["budget_share"]), label)

    def _windows(self, cluster: Cluster, windows: Ints, path: str) -> Iterator[Workload]:
        budgets = self.params["search"]["budget_share"]
        for at in range(2, len(windows)):
            loads = windows[max(0, at - self.params["windows"]) : at + 1]
            share = budgets[at % len(budgets)]
            case = _case_of(f"{path}/{at}", cluster, loads, share)
            # Windows of one recording overlap.
            yield Workload(case, f"recorded,budget={share:g}", shares=path)

    def _metrics(self, case: Case, plan: Ints, moved: int) -> Metrics:
        even = balance_of(case.cluster, plan, case.next)
        hottest = hottest_of(case.cluster, plan, case.next)
        newest = case.past[-1, hottest.layer, hottest.expert]
        sends = sends_per_visit(case.cluster, plan, case.next)
        visits = case.next.sum() / case.cluster.per_visit
        return {
            "balance": even.gpu,
            "layer_balance": even.layer_mean,
            "slot_balance": even.slot,
            "largest_over_mean": even.largest,
            "migrated_gib": moved * case.cluster.expert_bytes / 2**30,
            "budget_used": moved / max(1, case.budget),
            "sends_per_visit": sends,
            "internode_sends": float(visits * sends * (1.0 - 1.0 / case.cluster.nodes)),
            "hottest_layer": float(hottest.layer),
            "hottest_expert_share": hottest.share,
            "hottest_expert_replicas": float(hottest.replicas),
            "hottest_expert_growth": float(case.next[hottest.layer, hottest.expert] / max(1, newest)),
        }

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        case = _case(workload)
        return (
            f"{case.cluster.experts} experts in {case.cluster.slots} slots on {case.cluster.gpus} GPUs, "
            f"{case.budget} moves allowed ({metrics['budget_used']:.0%} used): balance "
            f"{metrics['balance']:.3f}, no placement exceeds {self.bound(workload)['balance']:.3f}, greedy "
            f"that knows the next window has {self.reference(workload)['balance']:.3f}. The hottest GPU "
            f"carries {metrics['largest_over_mean']:.1f} times the mean of its layer. {_why(metrics)}"
        )


def _clairvoyant(case: Case) -> float:
    """Return the best balance of both greedy policies and of swaps, all for the window that comes."""
    given, truth = _given(case), Loads(case.next.astype(np.float64))
    ideals = (pack(given, truth, replicate(given, truth)), hierarchical(given, truth))
    fitting = [within_budget(given, truth, ideal) for ideal in ideals]
    best = max(fitting, key=lambda placement: balance(given, truth, placement))
    swapped = [exchange(given, truth, each, _REFERENCE_SWAPS) for each in (best, current(given))]
    return max(balance_of(case.cluster, each.slots, case.next).gpu for each in swapped)


def _why(metrics: Metrics) -> str:
    slots = int(metrics["hottest_expert_replicas"])
    expert = f"one expert with {slots} slot{'s' if slots > 1 else ''} in its layer"
    share, growth = metrics["hottest_expert_share"], metrics["hottest_expert_growth"]
    if share > 0.5 and growth > 1.5:
        return f"{share:.0%} of that is {expert}, whose load grew {growth:.1f}-fold since the newest window."
    if share > 0.5:
        return f"{share:.0%} of that is {expert}, which was as hot before: it has too few."
    if growth > 1.5:
        return f"Several experts share it; the largest, {expert}, grew {growth:.1f}-fold."
    return "Several experts share it that were hot before: they are on one GPU."


def _case_of(token: str, cluster: Cluster, loads: Ints, budget_share: float) -> Case:
    """Return the case whose last window is scored; experts were last placed for the first window."""
    budget = int(budget_share * loads.shape[1] * cluster.slots)
    start = Loads(loads[0].astype(np.float64))
    blank = np.zeros((loads.shape[1], cluster.slots), dtype=np.int64)
    placed = hierarchical(_given(Case(token, cluster, loads[:-1], loads[-1], blank, budget)), start).slots
    return Case(token, cluster, loads[:-1], loads[-1], placed, budget)


def _given(case: Case) -> Given:
    cluster = case.cluster
    return Given(
        case.past,
        case.placement,
        cluster.groups,
        cluster.nodes,
        cluster.gpus,
        cluster.expert_bytes,
        case.budget * cluster.expert_bytes,
    )


def _cell(cells: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    """Return the parameters of an index: every stretch of indices is near to even in all of them."""
    picks = ((0.5 + (index + 1) * _STEP**power) % 1 for power in range(1, 6))
    return {
        name: cells[name][int(pick * len(cells[name]))] for name, pick in zip(_CROSSED, picks, strict=True)
    }


def _case(workload: Workload) -> Case:
    case: Case = workload.data
    return case
