"""Who is champion: decided on validation, on a fresh draw each time, apart from the search.

What happens here never reaches a strategy or a prompt. Challengers that appear while one is being measured
are not lost: the best of them is the next challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adrs.archive.store import Archive
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Objective, Problem
from adrs.model.records import Purpose
from adrs.model.trial import Trial
from adrs.stats.paired import Verdict, paired_difference


@dataclass
class Championship:
    """Holds the champion and lets challengers try."""

    archive: Archive
    cascade: Cascade
    problem: Problem
    train: Source
    run_id: str
    champion: Trial
    isolate: bool = True

    async def challenge(self, challenger: Trial) -> bool:
        """Measure a challenger against the champion; return whether it is the champion now.

        A challenger whose lead on train may be chance is not worth the measuring. The others are measured
        again on train workloads, each in a child of its own, where a program that carries something over from
        one to the next no longer can: where the two differ, the isolated one is kept and marked. Then both
        run on validation workloads that neither has met, isolated too, and the challenger must be better by a
        paired interval that does not hold 0.
        """
        if not _better(challenger.measured, self.champion.measured, self.problem.primary):
            return False
        if self.isolate and not await self._runs_when_isolated(challenger):
            return False
        opening = self.archive.new_opening(
            self.problem, Split.VALIDATION, "promotion", challenger.program.digest
        )
        theirs = await self._validate(challenger, opening)
        ours = await self._validate(self.champion, opening)
        if theirs.failure is not None or not _better(theirs, ours, self.problem.primary):
            return False
        self.champion = challenger
        self.archive.update_run(self.run_id, champion=challenger.program.digest)
        return True

    async def _runs_when_isolated(self, challenger: Trial) -> bool:
        count = self.problem.spec.splits.stages[-1]
        alone = await self.cascade.measure(challenger.program, self.train, count)
        name = self.problem.primary.name
        differs = alone.values(name) != challenger.measured.values(name)[:count]
        alone = replace(alone, differs_when_isolated=differs, complete=False)
        self.archive.record_evaluation(self.run_id, challenger.program, alone, Purpose.REMEASURED)
        return alone.failure is None

    async def _validate(self, trial: Trial, opening: int) -> Evaluation:
        source = Source(Split.VALIDATION, self.archive.key(self.problem, Split.VALIDATION, opening), opening)
        evaluation = await self.cascade.measure(trial.program, source, self.problem.spec.splits.validation)
        self.archive.record_evaluation(self.run_id, trial.program, evaluation, Purpose.VALIDATION)
        return evaluation


def _better(ours: Evaluation, theirs: Evaluation, objective: Objective) -> bool:
    difference = paired_difference(
        ours.values(objective.name),
        theirs.values(objective.name),
        direction=objective.direction,
        rng=np.random.default_rng(0),
        cells=[result.cell for result in ours.results],
        name=objective.aggregate,
    )
    return difference.verdict is Verdict.BETTER
