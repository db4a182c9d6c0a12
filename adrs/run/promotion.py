"""Who is champion: a test on validation, on a fresh draw each time, apart from the search.

What happens here never reaches a strategy or a prompt, but for what `grow_train` says of itself
(`adrs.run.growth`). Challengers that appear while one is being measured are not lost: the best of them is the
next challenger.

A run makes many challenges, and each that is lost makes the next one harder (`adrs.stats.spending`): at most
5 % of all promotions are expected to be luck, and where nothing is better than the initial program, a run
promotes anything with a chance of at most 2.5 %.

A person may ban a champion; what takes its place then is in `adrs.run.succession`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace

from adrs.archive.store import Archive
from adrs.errors import ArchiveError
from adrs.evaluation.comparison import compare
from adrs.evaluation.evaluate import Cascade
from adrs.evaluation.source import Source
from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Problem
from adrs.model.program import Program
from adrs.model.records import Purpose
from adrs.model.trial import Trial
from adrs.run.carrying import Carrier
from adrs.run.repeats import average, is_noisy
from adrs.run.succession import Challenge, Dethroned, challenges, heir_of, record
from adrs.stats.paired import PairedDifference, Verdict
from adrs.stats.spending import level_of, next_alpha

LOOKS = (1, 2, 4, 8)
"""After how many repeats on the same workloads a noisy comparison is looked at."""


@dataclass
class Championship:
    """Holds the champion and lets challengers try."""

    archive: Archive
    cascade: Cascade
    problem: Problem
    train: Source
    run_id: str
    champion: Trial
    carrier: Carrier | None = None
    """Where train may grow: measures on this epoch's train set what was champion in an earlier one."""
    isolate: bool = True
    outcomes: list[bool] = field(init=False)
    """Whether each challenge that came to validation promoted, over all sessions of the run."""

    def __post_init__(self) -> None:
        """Take up what earlier sessions spent."""
        self.outcomes = [one.won for one in self._challenges()]

    def overdue(self, best: int | None) -> Trial | None:
        """Return the run's best trial on train if it never was champion, and never challenged this one.

        Args:
            best: its number; None where nothing has completed.
        """
        if best is None or best == self.champion.number:
            return None
        trial = self.archive.trial(self.run_id, best)
        if self.carrier is not None:
            trial = self.carrier.epoch.find(trial.program.digest) or trial
        champion = self.champion.program.digest
        tried = {one.challenger for one in self._challenges() if one.won or one.incumbent == champion}
        return None if trial.program.digest in tried else trial

    def dethrone(self, banned: Container[str], before: int) -> Trial | None:
        """Let the last promoted program that is not banned take the place of a champion that is.

        It is recorded before it is done, as no win: nothing was measured.

        Args:
            banned: digests of what a person has banned.
            before: the number of the next trial.

        Returns:
            The champion now, where it is another one.
        """
        gone = self.champion.program.digest
        if gone not in banned:
            return None
        known = self._challenges()
        heir = heir_of(known, self.archive.run(self.run_id).initial, banned)
        trial = self.archive.trial_of(self.run_id, heir)
        if trial is None:
            raise ArchiveError(f"Run {self.run_id} has no trial of program {heir[:12]}.")
        opening = known[-1].opening if known else 0
        record(self.archive, self.run_id, Dethroned(gone, heir, before, opening))
        self.champion = trial
        self.archive.update_run(self.run_id, champion=heir)
        return trial

    def _challenges(self) -> list[Challenge]:
        return challenges(self.archive, self.run_id, self.champion.program.digest)

    async def challenge(self, challenger: Trial) -> bool:
        """Measure a challenger against the champion; return whether it is the champion now.

        A challenger whose lead on train may be chance is not worth the measuring. The others are measured
        again on train workloads, each in a child of its own, where a program that carries something over from
        one to the next no longer can: where the two differ, the isolated one is kept and marked. Then both
        run on validation workloads that neither has met, isolated too, and the challenger must be better by a
        paired interval that does not hold 0, at the level that this challenge may spend. Without `isolate`
        nothing is.
        """
        if self.carrier is not None:
            self.champion = await self.carrier.carry(self.champion)
        if not _is_better(compare(challenger.measured, self.champion.measured, self.problem.primary)):
            return False
        if self.isolate and not await self._runs_when_isolated(challenger):
            return False
        opening = self.archive.new_opening(
            self.problem, Split.VALIDATION, "promotion", challenger.program.digest
        )
        won = await self._wins(challenger.program, opening)
        self.outcomes.append(won)
        if won:
            self.champion = challenger
            self.archive.update_run(self.run_id, champion=challenger.program.digest)
        return won

    async def _runs_when_isolated(self, challenger: Trial) -> bool:
        count = self.problem.spec.splits.every_stage[-2:][0]  # all of train where it is the only stage
        alone = await self.cascade.measure(challenger.program, self.train, count)
        name = self.problem.primary.name
        differs = (
            not is_noisy(self.problem) and alone.values(name) != challenger.measured.values(name)[:count]
        )
        alone = replace(alone, differs_when_isolated=differs, complete=False)
        self.archive.record_evaluation(self.run_id, challenger.program, alone, Purpose.REMEASURED)
        return alone.failure is None

    async def _wins(self, challenger: Program, opening: int) -> bool:
        """Compare on one draw: once, or, where there is noise, in pairs of repeats until it is clear.

        A sequential design (group-sequential, after Pocock, Biometrika 64, 1977, with Bonferroni's bound): it
        ends as soon as the challenger is better at a look's share of the level, or does not lead at all.
        Giving up early costs nothing of the level.
        """
        source = Source(Split.VALIDATION, self.archive.key(self.problem, Split.VALIDATION, opening), opening)
        looks = LOOKS if is_noisy(self.problem) else LOOKS[:1]
        level = level_of(next_alpha(self.outcomes), len(looks))
        theirs: list[Evaluation] = []
        ours: list[Evaluation] = []
        won = False
        for repeats in looks:
            theirs += await self._validate(challenger, source, range(len(theirs), repeats))
            ours += await self._validate(self.champion.program, source, range(len(ours), repeats))
            found = self._mean_difference(theirs, ours, level)
            sound = all(each.failure is None for each in theirs)
            won = sound and _is_better(found)
            if won or not sound or self.problem.primary.sign * found.difference.estimate <= 0:
                break
        for program, repeated in ((challenger, theirs), (self.champion.program, ours)):
            evaluation = average(self.problem, repeated)
            self.archive.record_evaluation(self.run_id, program, evaluation, Purpose.VALIDATION)
        return won

    def _mean_difference(
        self, theirs: Sequence[Evaluation], ours: Sequence[Evaluation], level: float
    ) -> PairedDifference:
        challenger, champion = average(self.problem, theirs), average(self.problem, ours)
        return compare(challenger, champion, self.problem.primary, level)

    async def _validate(self, program: Program, source: Source, repeats: range) -> list[Evaluation]:
        count = self.problem.spec.splits.validation
        measure = self.cascade.measure
        return [
            await measure(program, source, count, isolated=self.isolate, repeat=repeat) for repeat in repeats
        ]


def _is_better(found: PairedDifference) -> bool:
    return found.verdict is Verdict.BETTER
