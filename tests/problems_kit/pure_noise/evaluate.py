"""A problem on which nothing can be found: the noise is a new draw for every answer and every repeat."""

from dataclasses import replace

from evaluators.contract import PlanEvaluator, Workload, workload_rng
from evaluators.schema import Int


class PureNoise(PlanEvaluator):
    def workloads(self, split, key):
        index = 0
        while True:
            level = workload_rng(key, index).uniform(50, 150)
            yield Workload((level, key, index, 0))
            index += 1

    def repeated(self, workload, repeat):
        return replace(workload, data=(*workload.data[:3], repeat))

    def given(self, workload):
        return (workload.data[0],)

    def plan_schema(self, workload):
        return Int(-(10**9), 10**9)

    def worst(self, workload):
        return {"cost": 1000.0}

    def score(self, workload, plan):
        level, key, index, repeat = workload.data
        noise = workload_rng(key, index, f"noise/{plan}/{repeat}").gauss(0, 20)
        return {"cost": max(0.0, level + noise)}
