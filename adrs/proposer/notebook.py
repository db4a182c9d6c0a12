"""The lab notebook: what was tried in a run, and what it did, in a page that never grows.

A fold over recorded trials. A prompt is shown the notebook as it stood when its trial was asked for, so that
the same run builds the same prompts. The words are a model's own and hostile text; the effects are measured.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

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
class Notebook:
    """Takes in trials; `page` says what to remember."""

    entries: list[Entry] = field(default_factory=list)
    _values: dict[str, float] = field(default_factory=dict)

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

    def page(self, told: int) -> Sequence[tuple[str, Sequence[Line]]]:
        """Return titled lines: what helped most, what hurt or failed, what came last.

        Args:
            told: how many trials had been told; later ones are not seen.
        """
        seen = [entry for entry in self.entries[:told] if entry.note]
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in seen:
            groups[entry.note.lower()].append(entry)
        has_effect = {note: any(e.effect is not None for e in group) for note, group in groups.items()}
        ranked = sorted((g for note, g in groups.items() if has_effect[note]), key=lambda g: -_mean(g))
        helped = [group for group in ranked if _mean(group) > 0][:BEST]
        hurt = [group for group in reversed(ranked) if _mean(group) < 0][:WORST]
        failed = [group for note, group in groups.items() if not has_effect[note]][-WORST:]
        shown = {id(group) for group in (*helped, *hurt, *failed)}
        last = [group for group in reversed(groups.values()) if id(group) not in shown][:RECENT]
        titled = (
            ("Helped", helped),
            ("Hurt", hurt),
            ("Did not run or was given up", failed),
            ("Lately", last),
        )
        return [(title, [_line(group) for group in found]) for title, found in titled if found]


def _mean(group: Sequence[Entry]) -> float:
    return fmean(entry.effect for entry in group if entry.effect is not None)


def _line(group: Sequence[Entry]) -> Line:
    effects = [entry.effect for entry in group if entry.effect is not None]
    if not effects:
        return Line(group[-1].note, len(group), group[-1].end)
    said = f"{100 * fmean(effects):+.2g} %"
    if len(effects) > 1:
        said += f" +/- {100 * stdev(effects) / math.sqrt(len(effects)):.1g}"
    return Line(group[-1].note, len(group), said)


def _value(trial: Trial, objective: Objective) -> float | None:
    if trial.state is not TrialState.COMPLETED or trial.evaluation is None:
        return None
    return trial.evaluation.objectives[objective.name]
