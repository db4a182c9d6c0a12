"""The dollars of a run: reserved before a call, recorded the moment an answer arrives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from adrs.archive.store import Archive
from adrs.model.budget import Usage
from adrs.proposer.contract import BudgetSpent, Ledger, ModelCall, Rejected

UNREAD = "parsing"
"""Kind of the rejection of an attempt whose answer ended the process twice."""


@dataclass
class Purse:
    """What the whole run may still spend. One per run; every ledger of it draws on it."""

    limit_usd: float | None
    usage: Usage = field(default_factory=Usage)
    reserved_usd: float = 0.0
    of_trial_usd: dict[int, float] = field(default_factory=dict)
    """What each trial under way has cost, in all of its sessions."""
    told_usd: list[float] = field(default_factory=lambda: [0.0])
    """After how many tells: what the trials told had cost in all."""

    @property
    def spent_usd(self) -> float:
        """Dollars of all answered calls whose price is known."""
        return self.usage.cost_usd

    def left(self, told: int, limit_usd: float | None) -> dict[str, float]:
        """Return what a proposer is told of the budget.

        It follows from the trials that had been told when it was asked, and from nothing that is in flight,
        so that the same run builds the same prompts.

        Args:
            told: how many trials had been told.
            limit_usd: the run's limit in dollars.
        """
        if limit_usd is None:
            return {}
        return {"cost_usd": max(0.0, limit_usd - self.told_usd[min(told, len(self.told_usd) - 1)])}

    def tell(self, number: int, cost_usd: float) -> None:
        """Take in what a trial cost that was told."""
        self.of_trial_usd.pop(number, None)
        self.told_usd.append(self.told_usd[-1] + cost_usd)

    def reserve(self, cost_usd: float) -> None:
        """Set a call's worst case aside.

        Raises:
            BudgetSpent: what is spent and what is in flight leave too little.
        """
        committed = self.spent_usd + self.reserved_usd
        if self.limit_usd is not None and committed + cost_usd > self.limit_usd:
            places = ".2f" if round(self.limit_usd, 2) == self.limit_usd else ".4f"
            raise BudgetSpent(
                f"${self.spent_usd:.4f} of ${self.limit_usd:{places}} is spent and "
                f"${self.reserved_usd:.4f} is in flight; another call may cost up to ${cost_usd:.4f}."
            )
        self.reserved_usd += cost_usd

    def settle(self, reserved_usd: float, call: ModelCall | None) -> None:
        """Release a reservation and book what the call did cost."""
        self.reserved_usd -= reserved_usd
        if call is None:
            return
        self.usage = replace(
            self.usage,
            cost_usd=self.usage.cost_usd + (call.cost_usd or 0.0),
            input_tokens=self.usage.input_tokens + call.input_tokens,
            output_tokens=self.usage.output_tokens + call.output_tokens,
            unpriced_calls=self.usage.unpriced_calls + (call.cost_usd is None),
        )


class TrialLedger(Ledger):
    """The ledger of one trial's attempt: it knows where an answer belongs.

    From the moment that an answer is there until the archive has what came of it, the archive says that
    reading it has begun. A process that dies meanwhile may have been killed by anyone, so the answer is read
    again; if that process dies too, the answer is not read a third time.
    """

    def __init__(
        self,
        purse: Purse,
        archive: Archive,
        run_id: str,
        number: int,
        attempt: int,
        unread: int | None = None,
    ) -> None:
        """Keep where money comes from and where answers go.

        Args:
            purse: what is drawn on.
            archive: what records.
            run_id: of the run.
            number: of the trial.
            attempt: of it.
            unread: in a replay, which answer ended the recorded process twice: it is not read here either.
        """
        self._purse = purse
        self._archive = archive
        self._place = (run_id, number, attempt)
        self._number = number
        self._reading = False
        self._answers = 0
        self._unread = unread

    def begin_reading(self, answers: int) -> None:
        """Say that so many answers of the attempt are about to be read.

        Raises:
            Rejected: one of them was not read in the recorded run.
        """
        self._archive.mark_parsing(*self._place)
        self._reading = True
        self._answers = answers
        self._require_readable()

    def end_reading(self) -> None:
        """Say that this process outlived the reading, whatever came of it."""
        if self._reading:
            self._archive.mark_parsed(*self._place)
            self._reading = False

    def reserve(self, cost_usd: float) -> None:
        """Set the worst-case price of a call aside; see `Ledger.reserve`. What came before it was read."""
        self.end_reading()
        self._purse.reserve(cost_usd)

    def settle(self, reserved_usd: float, call: ModelCall | None) -> None:
        """Record the call, then book it: an answer that was paid for is never lost."""
        if call is not None:
            self._archive.record_call(*self._place, call, parsing=True)
            self._reading = True
            spent = self._purse.of_trial_usd
            spent[self._number] = spent.get(self._number, 0.0) + (call.cost_usd or 0.0)
        self._purse.settle(reserved_usd, call)
        if call is not None:
            self._answers += 1
            self._require_readable()

    def _require_readable(self) -> None:
        if self._unread is not None and self._answers >= self._unread:
            raise unread()

    async def flush(self) -> None:
        """Wait until the disk has what was settled; others go on meanwhile."""
        await asyncio.to_thread(self._archive.flush)


def unread() -> Rejected:
    """Return the rejection of an attempt whose answer ended the process twice."""
    return Rejected(UNREAD, "the process ended twice while it read this answer; it is not read again")
