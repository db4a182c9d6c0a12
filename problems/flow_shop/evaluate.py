"""The evaluator of the two-machine flow shop. Johnson's rule gives the optimum, so the bound is exact."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from evaluators.contract import Metrics, Plain, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Permutation, Schema

from .interface import Given, makespan_s

_NAMED = 3
_SHIFT = 3
"""In the shift split the second machine is this many times slower than the first."""


class FlowShop(PlanEvaluator):
    """Jobs with times drawn evenly from whole seconds; shops of five to forty jobs by default."""

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield shops without end; in `shift` the second machine is slower than any that the search saw."""
        slower = _SHIFT if split == "shift" else 1
        for index in count():
            rng = workload_rng(key, index)
            jobs = rng.randint(self.params["min_jobs"], self.params["max_jobs"])
            shop = Given(self._times(rng, jobs, 1), self._times(rng, jobs, slower))
            yield Workload(shop, cell=f"jobs={'few' if jobs <= self._half() else 'many'}")

    def given(self, workload: Workload) -> Plain:
        """Return the times on both machines: all there is to know."""
        return tuple(workload.data)

    def plan_schema(self, workload: Workload) -> Schema:
        """Every job once."""
        return Permutation(len(workload.data.first_s))

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the makespan, and how long the second machine stood idle before its last job was done."""
        makespan = makespan_s(workload.data, plan)
        return {"makespan_s": makespan, "idle_s": makespan - sum(workload.data.second_s)}

    def worst(self, workload: Workload) -> Metrics:
        """Return one machine after the other, with no overlap at all: no order takes longer."""
        return {"makespan_s": sum(workload.data.first_s) + sum(workload.data.second_s)}

    def bound(self, workload: Workload) -> Metrics:
        """Return the optimum (Johnson 1954, theorem 1)."""
        return {"makespan_s": makespan_s(workload.data, _johnson(workload.data))}

    def measures(self, results: Sequence[tuple[Workload, Metrics | None]]) -> Mapping[str, float]:
        """Return how much of the worst makespan is idle time of the second machine, over all shops."""
        done = [(self.worst(workload), metrics) for workload, metrics in results if metrics is not None]
        longest = sum(worst["makespan_s"] for worst, _ in done)
        return {"idle": sum(metrics["idle_s"] for _, metrics in done) / longest if done else 1.0}

    def feedback(self, results: Sequence[tuple[Workload, Metrics | None, str]]) -> str:
        """Describe the failures, and the three shops that are furthest from their optimum."""
        failed = [
            (len(workload.data.first_s), reason) for workload, metrics, reason in results if not metrics
        ]
        lines = [f"Failed on {len(failed)} of {len(results)} shops."] if failed else []
        lines += [f"- A shop of {jobs} jobs failed: {reason}" for jobs, reason in failed[:_NAMED]]
        done = [(workload, metrics) for workload, metrics, _ in results if metrics]
        done.sort(key=lambda pair: pair[1]["makespan_s"] / self.bound(pair[0])["makespan_s"], reverse=True)
        return "\n".join(lines + [f"- {self._loss(*pair)}" for pair in done[:_NAMED]])

    def _loss(self, workload: Workload, metrics: Metrics) -> str:
        least = self.bound(workload)["makespan_s"]
        idle, least_idle = metrics["idle_s"], least - sum(workload.data.second_s)
        return (
            f"A shop of {len(workload.data.first_s)} jobs: {metrics['makespan_s']} s, "
            f"{100 * (metrics['makespan_s'] / least - 1):.1f} % above its optimum of {least} s; the second "
            f"machine waited {idle} s for the first one, where {least_idle} s cannot be helped."
        )

    def _times(self, rng: random.Random, jobs: int, factor: int) -> tuple[int, ...]:
        return tuple(factor * rng.randint(1, self.params["max_time_s"]) for _ in range(jobs))

    def _half(self) -> int:
        half: int = (self.params["min_jobs"] + self.params["max_jobs"]) // 2
        return half


def _johnson(shop: Given) -> list[int]:
    """Return an optimal order: Johnson's rule, as one sort."""

    def key(job: int) -> tuple[int, int]:
        first, second = shop.first_s[job], shop.second_s[job]
        return (0, first) if first < second else (1, -second)

    return sorted(range(len(shop.first_s)), key=key)
