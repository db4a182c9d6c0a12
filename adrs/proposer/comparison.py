"""How programs differ on the same workloads: for prompts, and to choose what a prompt shows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

from adrs.model.evaluation import Evaluation, Split
from adrs.model.problem import Objective
from adrs.model.trial import Trial
from adrs.proposer.text import one_line

MAX_LOST = 3
"""How many kinds of workloads are named on which most is lost."""


def against(objective: Objective, ours: Evaluation, theirs: Evaluation) -> str:
    """Say on how many train workloads one program is better than another, and where most is lost.

    Returns an empty text where they have no workload in common.
    """
    if ours.split is not Split.TRAIN or theirs.split is not Split.TRAIN:
        return ""
    pairs = list(zip(ours.results, theirs.results, strict=False))
    if not pairs:
        return ""
    name = objective.name
    gains = [objective.sign * (mine.values[name] - other.values[name]) for mine, other in pairs]
    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    equal = len(gains) - better - worse
    said = f"better on {better}, worse on {worse}, equal on {equal} of {len(gains)} workloads"
    cells = defaultdict(list)
    for gain, (mine, _) in zip(gains, pairs, strict=True):
        cells[mine.cell].append(gain)
    means = sorted((fmean(of), cell) for cell, of in cells.items())
    lost = [(by, cell) for by, cell in means if by < 0 and len(means) > 1][:MAX_LOST]
    if lost:
        places = ", ".join(
            f"{one_line(cell, 60) or 'other'} ({-loss:.3g} {objective.unit})" for loss, cell in lost
        )
        said += f"; most is lost on {places}"
    return said


def most_different(
    objective: Objective, parent: Trial, others: Sequence[Trial], count: int
) -> tuple[Trial, ...]:
    """Return programs that differ most from the parent and from each other in what they score by workload.

    Farthest first: each is the one whose least distance to those already taken is the largest. Of several
    that differ as much, the one that the strategy named first.
    """
    left, taken = list(others), [parent]
    chosen: list[Trial] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda trial: min(_distance(objective, trial, one) for one in taken))
        left.remove(best)
        taken.append(best)
        chosen.append(best)
    return tuple(chosen)


def _distance(objective: Objective, one: Trial, other: Trial) -> float:
    """Return the root mean square of relative differences over common workloads; 0 where there are none."""
    if one.evaluation is None or other.evaluation is None:
        return 0.0
    pairs = zip(one.evaluation.values(objective.name), other.evaluation.values(objective.name), strict=False)
    squares = [((a - b) / (abs(a) + abs(b))) ** 2 for a, b in pairs if a != b and math.isfinite(a - b)]
    common = min(len(one.evaluation.results), len(other.evaluation.results))
    return math.sqrt(sum(squares) / common) if common else 0.0
