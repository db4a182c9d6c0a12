"""One evaluator that holds, and others that are each broken in one way."""

from evaluators.contract import PlanEvaluator, Workload, workload_rng
from evaluators.schema import Float, Int, Struct


class Honest(PlanEvaluator):
    def workloads(self, split, key):
        index = 0
        while True:
            rng = workload_rng(key, index)
            yield Workload((rng.randrange(10_000, 1_000_000), index, key), cell="all")
            index += 1

    def given(self, workload):
        return (workload.data[0], 7)

    def plan_schema(self, workload):
        return Struct(guess=Int(0, 10**6), cost=Float(-1e306, 1e306))

    def worst(self, workload):
        return {"distance": 1e7}

    def bound(self, workload):
        return {"distance": 0.0}

    def score(self, workload, plan):
        return {"distance": float(abs(plan["guess"] - workload.data[0]))}


class BelievesTheCost(Honest):
    """Takes the number that the candidate reports."""

    def bound(self, workload):
        return None

    def score(self, workload, plan):
        return {"distance": plan["cost"]}


class ForgivesFailures(Honest):
    """Counts a failure as nothing, as dropping it would."""

    def worst(self, workload):
        return {"distance": 0.0}


class TellsTheIndex(Honest):
    def given(self, workload):
        return (workload.data[0], workload.data[1])


class TellsInfinity(Honest):
    """Says, as any evaluator may, that there is no limit; less any index, infinity is still infinity."""

    def given(self, workload):
        return (workload.data[0], float("inf"))


class TellsALargeConstant(Honest):
    def given(self, workload):
        return (workload.data[0], 1e300)


class TellsTheKey(Honest):
    def given(self, workload):
        return (workload.data[0], workload.data[2].hex())


class IgnoresTheKey(Honest):
    def workloads(self, split, key):
        return super().workloads(split, b"always the same")


class Remembers(Honest):
    """Lets what one candidate did change what the next one scores."""

    bribed = False

    def score(self, workload, plan):
        if plan["guess"] + plan["cost"] != workload.data[0]:
            type(self).bribed = True
        return {"distance": 1.0 if self.bribed else float(abs(plan["guess"] - workload.data[0]))}


class ClampsHonesty(Honest):
    """Has a worst that honest programs go beyond."""

    def worst(self, workload):
        return {"distance": 20_000.0}


class IsNotDeterministic(Honest):
    def score(self, workload, plan):
        noise = hash("another in every process") % 1000
        return {"distance": abs(plan["guess"] - workload.data[0]) + noise}


class RaisesOnEverything(Honest):
    def score(self, workload, plan):
        return {"distance": 1 / 0}
