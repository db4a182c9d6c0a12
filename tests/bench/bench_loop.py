"""What the loop adds to a trial: everything but the evaluation itself, from ask to tell.

    python tests/bench/bench_loop.py [TRIALS]

The evaluator is replaced by one that answers at once, so what is left is ask, propose, gate, record and tell.
The proposals per trial are shown beside it, since duplicates cost proposals and no trial.
"""

import asyncio
import sys
import tempfile
import time

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade, Outcome
from adrs.model.budget import Budget
from adrs.model.evaluation import Evaluation, Split, WorkloadResult
from adrs.model.trial import TrialState
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.stopping import StopRule

WORKLOADS = 200


async def answer_at_once(self, program, source, *, bar=None, seen_behaviour=None):
    name = self._problem.primary.name
    value = 1000.0 + int(program.digest[:6], 16) / 0xFFFFFF
    results = tuple(WorkloadResult(i, "", {name: value + i}) for i in range(WORKLOADS))
    evaluation = Evaluation(
        split=Split.TRAIN,
        opening=0,
        results=results,
        objectives={name: value},
        complete=True,
        isolated=False,
        measures={"a": int(program.digest[6:8], 16) / 255, "b": int(program.digest[8:10], 16) / 255},
    )
    return Outcome(TrialState.COMPLETED, evaluation=evaluation)


def main(trials):
    Cascade.evaluate = answer_at_once
    marks = []

    def notify(progress, line):
        marks.append((progress.usage.trials, time.perf_counter(), sum(progress.rejected.values())))

    with tempfile.TemporaryDirectory() as folder, Archive.open(folder) as archive:
        words = (
            "problem=flow_shop",
            "workers=2",
            "in_flight=4",
            "confirm=false",
            "isolate_promotions=false",
            f"budget.trials={trials}",
        )
        asyncio.run(session.start(resolve({}, words), archive, notify=notify, stop=StopRule(Budget())))
    print("| trials | ms per trial | proposals per trial |")
    print("|---|---|---|")
    step = max(trials // 4, 1)
    told = [mark for mark in marks if mark[0] > 0]
    for low in range(0, trials, step):
        window = [mark for mark in told if low < mark[0] <= low + step]
        count = window[-1][0] - window[0][0]
        ms = 1000 * (window[-1][1] - window[0][1]) / count
        proposals = 1 + (window[-1][2] - window[0][2]) / count
        print(f"| {low}-{low + step} | {ms:.2f} | {proposals:.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
