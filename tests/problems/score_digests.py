"""Print, as JSON, a digest of everything that the evaluators of some problems say of their initial programs.

`python score_digests.py forwards|backwards PROBLEM...`: workloads in one order or the other, `backwards`
beside another instance of the same evaluator. Run with different PYTHONHASHSEED and compared.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from random import Random

from evaluators import contract
from evaluators.schema import checker
from evaluators.wire import REQUEST, decode, encode
from problems.driver import Driver

PROBLEMS = Path(contract.__file__).resolve().parents[1] / "problems"
COUNT = 5


def asked(evaluator, workload, entry, interface):
    """Return what the initial program reaches, and the digest of all that it was told."""
    told = hashlib.sha256()

    def tell(plain):
        sent = encode(plain, REQUEST)
        told.update(sent)
        return decode(sent, REQUEST)

    given = interface.Given(*tell(evaluator.given(workload)))
    if not isinstance(evaluator, contract.PolicyEvaluator):
        check = checker(evaluator.plan_schema(workload), "plan")
        plan = check(decode(encode(entry(given, Random(0)))))
        return dict(evaluator.score(workload, plan)), told
    check = checker(evaluator.action_schema(workload), "action")
    policy = entry(given, Random(0))
    steps = evaluator.simulate(workload)
    try:
        seen = next(steps)
        while True:
            seen = steps.send(check(policy.step(interface.Observation(*tell(seen)))))
    except StopIteration as end:
        return dict(end.value), told


def digests(problem, backwards):
    driver = Driver(PROBLEMS / problem)
    made = [driver.evaluator() for _ in range(2)]
    found = {}
    with driver.program(driver.programs()[0]) as (entry, interface):
        for split in ("train", "shift"):
            drawn = [driver.draw(each, COUNT, split) for each in made]
            for index in reversed(range(COUNT)) if backwards else range(COUNT):
                if backwards:
                    asked(made[1], drawn[1][-1 - index], entry, interface)
                evaluator, workload = made[0], drawn[0][index]
                metrics, told = asked(evaluator, workload, entry, interface)
                limits = [dict(evaluator.worst(workload)), dict(evaluator.bound(workload) or {})]
                reference = dict(evaluator.reference(workload) or {})
                feedback = evaluator.feedback([(workload, metrics, "")])
                said = repr((workload.cell, sorted(metrics.items()), limits, reference, feedback))
                found[f"{split}/{index}"] = [told.hexdigest(), hashlib.sha256(said.encode()).hexdigest()]
    return found


if __name__ == "__main__":
    print(json.dumps({problem: digests(problem, sys.argv[1] == "backwards") for problem in sys.argv[2:]}))
