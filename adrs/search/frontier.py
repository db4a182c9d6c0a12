"""A frontier over workloads: programs of which none is at least as good on every workload as another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective

FloatArray = npt.NDArray[np.float64]

DRAWN = 2
"""How many members are drawn where one that was built on least is wanted."""


@dataclass(frozen=True)
class Member:
    """A program of the frontier."""

    digest: str
    value: float
    """The primary objective's aggregate, turned so that larger is better."""
    vector: FloatArray
    """The objective per workload, turned so that larger is better."""


class Frontier:
    """Non-dominated programs, of at most `capacity`.

    Dominance is Pareto's over the workloads, so that a program that is best on a few of them, or a good
    compromise between others, is kept whatever its aggregate (the per-instance fronts of GEPA, Agrawal et
    al., 2025, keep only those that are best somewhere). Over many workloads nearly everything is
    non-dominated; what goes then is what is best on fewest workloads, of those the lowest aggregate. The best
    by aggregate always stays.
    """

    def __init__(self, objective: Objective, capacity: int) -> None:
        """Start empty."""
        self._objective = objective
        self._capacity = capacity
        self._members: list[Member] = []
        self._children: dict[str, int] = {}
        self._width: int | None = None

    def __len__(self) -> int:
        """Return how many programs are on the frontier."""
        return len(self._members)

    @property
    def best(self) -> Member | None:
        """The member of the highest aggregate, of equal ones the first told; None while there is none."""
        return max(self._members, key=lambda member: member.value, default=None)

    @property
    def specialists(self) -> int:
        """How many members are best on some workload, ties included."""
        return int(np.count_nonzero(self._wins())) if self._members else 0

    def add(self, digest: str, value: float, evaluation: Evaluation) -> bool:
        """Take a program in unless a member is at least as good everywhere; return whether it was taken."""
        member = Member(digest, value, self._vector(evaluation, value))
        if any(bool(np.all(other.vector >= member.vector)) for other in self._members):
            return False
        stay = [other for other in self._members if not bool(np.all(member.vector >= other.vector))]
        self._members = [*stay, member]
        if len(self._members) > self._capacity:
            self._evict()
        names = {each.digest for each in self._members}
        self._children = {name: count for name, count in self._children.items() if name in names}
        return digest in names

    def note_child(self, parent: str) -> None:
        """Note that a program was built on, if it is on the frontier."""
        if any(member.digest == parent for member in self._members):
            self._children[parent] = self._children.get(parent, 0) + 1

    def draw_specialist(self, rng: np.random.Generator) -> Member:
        """Return the member that is best on average over a random share of the workloads.

        The share is of any size, so that what is drawn lies anywhere between the best on one workload and the
        best on all. Workloads count by rank, not by size: none outweighs the others. Of equals a random one.

        Raises:
            ValueError: the frontier is empty.
        """
        table = np.stack([member.vector for member in self._members])
        width = table.shape[1]
        count = max(1, round(width ** float(rng.random())))
        some = rng.choice(width, size=count, replace=False)
        ranks = (table[:, None, some] > table[None, :, some]).sum(axis=(1, 2))
        return self._members[int(np.argmax(ranks + rng.random(len(ranks)) / 2))]

    def draw_fresh(self, rng: np.random.Generator, busy: Collection[str | None] = ()) -> Member:
        """Return, of a few random members, one that is not busy and has the fewest children so far.

        Raises:
            ValueError: the frontier is empty.
        """
        drawn = [self._members[int(place)] for place in rng.integers(len(self._members), size=DRAWN)]
        return min(drawn, key=lambda it: (it.digest in busy, self._children.get(it.digest, 0)))

    def draw_complement(self, of: str, rng: np.random.Generator) -> Member:
        """Return a member that is better where a program is weak: best on the workloads where it ranks low.

        Raises:
            ValueError: the frontier is empty.
        """
        mine = next((member for member in self._members if member.digest == of), None)
        if mine is None or len(self._members) == 1:
            return self.draw_fresh(rng)
        table = np.stack([member.vector for member in self._members])
        losses = (table > mine.vector).mean(axis=0)
        noise = rng.random(table.shape[1])
        weak = np.argsort(-(losses + 0.5 * noise), kind="stable")[: max(1, table.shape[1] // 4)]
        ranks = (table[:, None, weak] > table[None, :, weak]).sum(axis=1).mean(axis=1)
        return self._members[int(np.argmax(ranks))]

    def _vector(self, evaluation: Evaluation, value: float) -> FloatArray:
        """Return the values turned up; a program measured on other workloads counts its aggregate on each."""
        raw = np.array(evaluation.values(self._objective.name), dtype=np.float64)
        turned: FloatArray = np.nan_to_num(raw * self._objective.sign)
        if self._width is None:
            self._width = len(turned)
        return turned if len(turned) == self._width else np.full(self._width, value)

    def _wins(self) -> npt.NDArray[np.int64]:
        table = np.stack([member.vector for member in self._members])
        return np.asarray((table == table.max(axis=0)).sum(axis=1), dtype=np.int64)

    def _evict(self) -> None:
        best, wins = self.best, self._wins()
        ranked = [
            (int(wins[place]), member.value, -place)
            for place, member in enumerate(self._members)
            if member is not best
        ]
        del self._members[-min(ranked)[2]]
