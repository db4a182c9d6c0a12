"""The evaluator of the speed measurements: it costs nothing, or sleeps as long as `sleep_s` says."""

from __future__ import annotations

import time
from collections.abc import Iterator

from evaluators.contract import Metrics, Plain, PlanEvaluator, Workload
from evaluators.schema import Int, ListOf, Schema


class Tuning(PlanEvaluator):
    """The sum of distances to the target. The second workload costs nothing: one evaluation sleeps once."""

    def workloads(self, split: str, key: bytes) -> Iterator[Workload]:
        """Yield the same workload twice; only the first sleeps."""
        yield Workload(self.params["sleep_s"])
        yield Workload(0.0)

    def given(self, workload: Workload) -> Plain:
        """Return nothing."""
        return None

    def plan_schema(self, workload: Workload) -> Schema:
        """Twelve numbers."""
        count = len(self.params["target"])
        return ListOf(Int(0, 10**6), count, count)

    def score(self, workload: Workload, plan: Plain) -> Metrics:
        """Return the sum of the distances."""
        time.sleep(workload.data)
        return {"distance": sum(abs(a - b) for a, b in zip(plan, self.params["target"], strict=True))}

    def worst(self, workload: Workload) -> Metrics:
        """Return what no plan within the schema reaches."""
        return {"distance": 10**6 * len(self.params["target"])}
