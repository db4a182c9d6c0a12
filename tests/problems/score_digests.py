"""Print, as JSON, a digest of everything that the evaluators of some problems say of their initial programs.

`python score_digests.py forwards|backwards PROBLEM...`: workloads in one order or the other, `backwards`
beside another instance of the same evaluator. Run with different PYTHONHASHSEED and compared.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import sys
import tomllib
from pathlib import Path
from random import Random

from evaluators import contract
from evaluators.loader import load_evaluator
from evaluators.schema import checker
from evaluators.wire import encode

PROBLEMS = Path(contract.__file__).resolve().parents[1] / "problems"
KEY = bytes(range(16))
COUNT = 5


def imported(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def asked(evaluator, workload, program, interface, entry):
    """Return what the initial program reaches, and the digest of all that it was told."""
    told = hashlib.sha256()

    def tell(plain):
        told.update(encode(plain))
        return plain

    given = interface.Given(*tell(evaluator.given(workload)))
    if not isinstance(evaluator, contract.PolicyEvaluator):
        check = checker(evaluator.plan_schema(workload), "plan")
        return dict(evaluator.score(workload, check(getattr(program, entry)(given, Random(0))))), told
    check = checker(evaluator.action_schema(workload), "action")
    policy = getattr(program, entry)(given, Random(0))
    steps = evaluator.simulate(workload)
    try:
        seen = next(steps)
        while True:
            seen = steps.send(check(policy.step(interface.Observation(*tell(seen)))))
    except StopIteration as end:
        return dict(end.value), told


def digests(problem, backwards):
    folder = PROBLEMS / problem
    spec = tomllib.loads((folder / "problem.toml").read_text())
    base = PROBLEMS / spec["extends"] if "extends" in spec else None
    params = spec.get("params") or tomllib.loads((base / "problem.toml").read_text())["params"]
    file, entry = spec["problem"]["entry"].split(":")

    def place(relative):
        return next(at / relative for at in (folder, base) if at is not None and (at / relative).exists())

    made = [load_evaluator(folder, base, spec["problem"]["evaluator"], params) for _ in range(2)]
    interface = imported("interface", place("interface.py"))
    program = imported("program", place(f"initial/{file}"))
    found = {}
    for split in ("train", "shift"):
        drawn = [list(itertools.islice(each.workloads(split, KEY), COUNT)) for each in made]
        for index in reversed(range(COUNT)) if backwards else range(COUNT):
            if backwards:
                asked(made[1], drawn[1][-1 - index], program, interface, entry)
            evaluator, workload = made[0], drawn[0][index]
            metrics, told = asked(evaluator, workload, program, interface, entry)
            limits = [dict(evaluator.worst(workload)), dict(evaluator.bound(workload) or {})]
            reference = dict(evaluator.reference(workload) or {})
            feedback = evaluator.feedback([(workload, metrics, "")])
            said = repr((workload.cell, sorted(metrics.items()), limits, reference, feedback))
            found[f"{split}/{index}"] = [told.hexdigest(), hashlib.sha256(said.encode()).hexdigest()]
    return found


if __name__ == "__main__":
    print(json.dumps({problem: digests(problem, sys.argv[1] == "backwards") for problem in sys.argv[2:]}))
