"""Distance to a target that the candidate is told. Misbehaves on purpose for some answers."""

import os
import sys
import time

from evaluators.contract import Invalid, PlanEvaluator, Workload, workload_rng
from evaluators.schema import Int


class Tiny(PlanEvaluator):
    def workloads(self, split, key):
        index = 0
        while True:
            target = workload_rng(key, index).randrange(1000)
            yield Workload(
                target, cell=f"parity={target % 2}", shares=f"window{index // 2}" if index < 4 else ""
            )
            index += 1

    def recorded(self, path):
        for line in path.read_text().split():
            yield Workload(int(line), cell="recorded")

    def given(self, workload):
        return (workload.data,)

    def plan_schema(self, workload):
        return Int(-(10**6), 10**6)

    def worst(self, workload):
        return {"distance": 1000.0}

    def bound(self, workload):
        return {"distance": 0.0}

    def score(self, workload, plan):
        if plan == -1:
            raise Invalid("-1 is not allowed")
        if plan == -4:
            print("x" * 1_000_000, file=sys.stderr)
            print("x" * 1_000_000)
            raise RuntimeError("a defect that only this answer shows")
        if plan == -2:
            os._exit(3)
        if plan == -3:
            time.sleep(3600)
        return {"distance": float(abs(plan - workload.data)), "plan": float(plan)}

    def measures(self, results):
        return {"failed": sum(metrics is None for _, metrics in results) / max(1, len(results))}

    def feedback(self, results):
        return f"{len(results)} workloads"
