"""The lab notebook: what was tried in a run, and what it did, in a page that never grows.

A fold over recorded trials. A prompt is shown the notebook as it stood when its trial was asked for, so that
the same run builds the same prompts. The words are a model's own and hostile text; the effects are measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import nlargest, nsmallest
from itertools import islice

from adrs.model.problem import Objective
from adrs.model.trial import Trial, TrialState
from adrs.proposer.text import one_line

BEST, WORST, RECENT = 6, 4, 6
"""How many lines of each sort a page has at most."""
MAX_NOTE_CHARS = 200


@dataclass(frozen=True)
class Entry:
    """One trial."""

    number: int
    note: str
    """What was changed, in the proposer's words."""
    effect: float | None
    """Change of the primary objective against the parent, as a share of it; above 0 is better. None where the
    trial has no score."""
    end: str
    """How it ended, where it has no score: such as `failed: timeout`."""


@dataclass(frozen=True)
class Line:
    """What is said of a change that was tried once or several times."""

    note: str
    times: int
    effect: str
    """Such as `-1.2 % +/- 0.4` or `failed: timeout`."""


@dataclass
class Group:
    """What was tried under one note."""

    last: Entry
    times: int = 0
    effects: int = 0
    """How many effects are known."""
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean (Welford, Technometrics 4, 1962)."""

    def add(self, entry: Entry) -> None:
        """Take in one more."""
        self.last = entry
        self.times += 1
        if entry.effect is not None:
            self.effects += 1
            distance = entry.effect - self.mean
            self.mean += distance / self.effects
            self.squares += distance * (entry.effect - self.mean)

    def line(self) -> Line:
        """Return what is said of it."""
        if not self.effects:
            return Line(self.last.note, self.times, self.last.end)
        said = f"{100 * self.mean:+.2g} %"
        if self.effects > 1:
            said += f" +/- {100 * math.sqrt(self.squares / (self.effects - 1) / self.effects):.1g}"
        return Line(self.last.note, self.times, said)


@dataclass
class Notebook:
    """Takes in trials; `page` says what to remember."""

    entries: list[Entry] = field(default_factory=list)
    _values: dict[str, float] = field(default_factory=dict)
    _groups: dict[str, Group] = field(default_factory=dict)
    _grouped: int = 0
    """How many entries are in the groups: prompts are built in the order of the tells, but for replays."""

    def tell(self, objective: Objective, trial: Trial) -> None:
        """Take in a trial that was told to the strategy; the initial program is where it begins."""
        value = _value(trial, objective)
        parent = self._values.get(trial.selection.parent or "")
        if trial.candidate is not None and value is not None:
            self._values.setdefault(trial.program.digest, value)
            if trial.number == 0:
                self._values[""] = value
        if trial.number == 0:
            return
        effect = None
        if value is not None and parent is not None and parent != 0:
            effect = objective.sign * (value - parent) / abs(parent)
        note = ""
        if trial.candidate is not None:
            note = one_line(trial.candidate.summary or trial.candidate.edit, MAX_NOTE_CHARS)
        end = "" if effect is not None else f"{trial.state.value}: {one_line(trial.kind, 30)}".rstrip(": ")
        self.entries.append(Entry(trial.number, note, effect, end))

    def begin_epoch(self, objective: Objective, carried: Sequence[Trial]) -> None:
        """Measure effects from what was measured again when train grew; effects of before stay as they are.

        Args:
            objective: whose effects.
            carried: what the search goes on with.
        """
        self._values = {}
        for trial in carried:
            value = _value(trial, objective)
            if value is not None:
                self._values[trial.program.digest] = value
                if trial.number == 0:
                    self._values[""] = value

    def page(self, told: int) -> Sequence[tuple[str, Sequence[Line]]]:
        """Return titled lines: what helped most, what hurt or failed, what came last.

        Args:
            told: how many trials had been told; later ones are not seen.
        """
        groups = self._seen(told).values()
        known = [group for group in groups if group.effects]
        helped = [g for g in nlargest(BEST, known, key=lambda g: g.mean) if g.mean > 0]
        hurt = [g for g in nsmallest(WORST, known, key=lambda g: g.mean) if g.mean < 0]
        unknown = (group for group in reversed(groups) if not group.effects)
        failed = list(islice(unknown, WORST))[::-1]
        shown = {id(group) for group in (*helped, *hurt, *failed)}
        last = list(islice((group for group in reversed(groups) if id(group) not in shown), RECENT))
        titled = (
            ("Helped", helped),
            ("Hurt", hurt),
            ("Did not run or was given up", failed),
            ("Lately", last),
        )
        return [(title, [group.line() for group in found]) for title, found in titled if found]

    def _seen(self, told: int) -> dict[str, Group]:
        """Return the groups of what had been told then, by note, in the order of their first entries."""
        if told < self._grouped:
            self._groups, self._grouped = {}, 0
        for entry in self.entries[self._grouped : told]:
            if entry.note:
                self._groups.setdefault(entry.note.lower(), Group(entry)).add(entry)
        self._grouped = max(self._grouped, min(told, len(self.entries)))
        return self._groups


def _value(trial: Trial, objective: Objective) -> float | None:
    if trial.state is not TrialState.COMPLETED or trial.evaluation is None:
        return None
    return trial.evaluation.objectives[objective.name]
