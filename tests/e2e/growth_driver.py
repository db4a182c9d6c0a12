"""Runs or resumes a run whose train set grows, and dies by SIGKILL at a moment that is asked for.

    python growth_driver.py RUNS [MOMENT:NUMBER] [key=value ...]

Moments: `due` when train is about to grow and nothing says so yet, `grown` when that was recorded, `carried`
when so many programs were measured again, `trial` when so many trials of this session were told.
"""

import asyncio
import os
import signal
import sys
from collections import Counter

from adrs.archive.store import Archive
from adrs.model.budget import Budget
from adrs.model.records import Purpose
from adrs.run import carrying, session
from adrs.run.config import resolve
from adrs.run.stopping import StopRule

SEEN = Counter()


def dies_at(moment, number):
    def happens(what):
        SEEN[what] += 1
        if (what, SEEN[what]) == (moment, number):
            os.kill(os.getpid(), signal.SIGKILL)

    write, keep, mark = carrying.record, Archive.record_evaluation, Archive.mark_told

    def recorded(*arguments):
        happens("due")
        write(*arguments)
        happens("grown")

    def kept(self, run_id, program, evaluation, purpose):
        keep(self, run_id, program, evaluation, purpose)
        if purpose is Purpose.GROWN:
            happens("carried")

    def told(self, *arguments):
        mark(self, *arguments)
        happens("trial")

    carrying.record, Archive.record_evaluation, Archive.mark_told = recorded, kept, told


async def main(runs, moment="", *words):
    if moment:
        what, _, number = moment.partition(":")
        dies_at(what, int(number))
    asked = {"notify": lambda *_: None, "stop": StopRule(Budget())}
    with Archive.open(runs) as archive:
        begun = archive.runs(limit=1)
        if begun:
            await session.resume(begun[0].id, archive, **asked)
        else:
            await session.start(resolve({}, words), archive, **asked)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
