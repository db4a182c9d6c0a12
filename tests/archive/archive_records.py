"""Records for tests and benchmarks of the archive."""

from __future__ import annotations

import random
from dataclasses import replace

from adrs.model.call import ModelCall
from adrs.model.evaluation import Evaluation, Split, WorkloadResult
from adrs.model.program import Program
from adrs.model.run import RunRecord, RunState
from adrs.model.trial import Candidate, Selection, Trial, TrialState

RUN = "01JD0000000000000000000000"
INITIAL = Program.of({"policy.py": "".join(f"def step_{i}(x):\n    return x + {i}\n\n\n" for i in range(60))})


def run_record(run_id: str = RUN, **changes: object) -> RunRecord:
    run = RunRecord(
        id=run_id,
        problem_id="spot",
        problem_version=1,
        problem_digest="ab" * 32,
        config={"workers": 2},
        seed=7,
        state=RunState.RUNNING,
        initial=INITIAL.digest,
        adrs_version="0.1.0",
        evaluator_digest="cd" * 32,
        created_us=1_700_000_000_000_000,
    )
    return replace(run, **changes)  # type: ignore[arg-type]


def candidate(number: int) -> Candidate:
    text = INITIAL.text("policy.py").replace("x + 7\n", f"x + {number} * 3\n")
    return Candidate(INITIAL.replace("policy.py", text), "number+guard", f"step_7 adds {number} * 3")


def evaluation(number: int, workloads: int = 8) -> Evaluation:
    rng = random.Random(number)
    results = tuple(
        WorkloadResult(
            index,
            f"zones={index % 5},deadline={52 + index % 3}",
            {"cost_usd": rng.uniform(20, 120)},
            {
                "spot_h": rng.uniform(0, 48),
                "on_demand_h": rng.uniform(0, 48),
                "moves": float(rng.randrange(9)),
            },
        )
        for index in range(workloads)
    )
    mean = sum(result.values["cost_usd"] for result in results) / workloads
    return Evaluation(
        Split.TRAIN,
        0,
        results,
        {"cost_usd": mean},
        complete=workloads == 200,
        isolated=False,
        measures={"spot_share": rng.random(), "moves": rng.random()},
        feedback=f"worst on workload {rng.randrange(workloads)}: missed the cheap zone",
        behaviour=f"{rng.getrandbits(256):064x}",
        wall_s=0.25,
        cpu_s=0.2,
        sandbox="process",
    )


def begun(number: int, run_id: str = RUN) -> Trial:
    selection = Selection(INITIAL.digest, (INITIAL.digest,), {"island": number % 4})
    return Trial(
        run_id, number, TrialState.RUNNING, selection, asked_after=max(0, number - 2), started_us=number + 1
    )


def ended(number: int, run_id: str = RUN, workloads: int = 8) -> Trial:
    return replace(
        begun(number, run_id),
        state=TrialState.COMPLETED,
        candidate=candidate(number),
        evaluation=evaluation(number, workloads),
        ended_us=number + 2,
    )


def model_call(number: int, *, role: str = "propose", cost_usd: float | None = 0.01) -> ModelCall:
    return ModelCall(
        model="gpt-test",
        role=role,
        request='{"messages": []}',
        answer=f"answer {number}",
        input_tokens=100,
        output_tokens=10 + number,
        cost_usd=cost_usd,
        usage={"prompt_tokens": 100},
        started_us=1,
        ended_us=2,
    )
