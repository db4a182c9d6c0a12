"""A problem that is easily overfitted: fair coins of six kinds, and few of them in train to remember."""

from evaluators.contract import PlanEvaluator, Workload, workload_rng
from evaluators.schema import Float


class CoinFlips(PlanEvaluator):
    def workloads(self, split, key):
        index = 0
        while True:
            rng = workload_rng(key, index)
            yield Workload((rng.randrange(6), rng.randrange(2), rng.random()))
            index += 1

    def given(self, workload):
        kind, _, serial = workload.data
        return (*(float(kind == other) for other in range(6)), serial)

    def plan_schema(self, workload):
        return Float(-1e6, 1e6)

    def worst(self, workload):
        return {"error": 1e6}

    def score(self, workload, plan):
        _, coin, _ = workload.data
        return {"error": 0.5 + abs(coin - plan)}
