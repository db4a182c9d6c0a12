"""Runs or resumes a run and logs every evaluation that begins; killed by tests, at any moment.

    python driver.py RUNS LOG go key=value ...       resume the last run, or start one where there is none
    python driver.py RUNS LOG end TRIALS             resume the last run up to a number of trials

The log gets one line per evaluation that begins, with the program's digest, written in one go, so that a
test can tell what was evaluated however the process ended.
"""

import asyncio
import os
import sys

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade
from adrs.model.budget import Budget
from adrs.run import session
from adrs.run.config import resolve
from adrs.run.stopping import StopRule


def log_evaluations(path):
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    evaluate = Cascade.evaluate

    async def logged(self, program, *args, **kwargs):
        os.write(log, f"{program.digest}\n".encode())
        return await evaluate(self, program, *args, **kwargs)

    Cascade.evaluate = logged


async def main(runs, log, action, *words):
    log_evaluations(log)
    stop = StopRule(Budget())
    with Archive.open(runs) as archive:
        begun = archive.runs(limit=1)
        if begun:
            extend = {"trials": int(words[0])} if action == "end" else None
            result = await session.resume(
                begun[0].id, archive, notify=lambda *_: None, stop=stop, extend=extend
            )
        else:
            config = resolve({}, words)
            result = await session.start(config, archive, notify=lambda *_: None, stop=stop)
    print(result.run.id, result.reason)


asyncio.run(main(*sys.argv[1:]))
