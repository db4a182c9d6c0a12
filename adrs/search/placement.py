"""Where a program lives in an elite grid: its measures, or what it does to the workloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from adrs.model.evaluation import Evaluation
from adrs.model.problem import Objective
from adrs.search.grid import Cell

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CELLS = 64
"""About how many cells a grid gets where the number of bins is not set."""

MAX_BINS = 16
"""The most bins per dimension that are chosen by themselves."""

PlaceBy = Literal["auto", "measures", "results", "none"]


class Placement:
    """Turns an evaluation into a cell, with the initial program as the point of reference.

    By `measures`, every measure of the initial program's evaluation is a dimension. By `results`, for
    problems without measures, there are two dimensions, both of behaviour and neither of code:

    * the share of workloads on which the program beats the initial one (an equal value counts a half);
    * its lean: of the half of workloads where its relative gain is largest, the share that lies in one
    fixed half
      of the workloads (the first half of the parameter cells by name, or every other workload where there
      is one cell). It is 1/2 for a gain that is the same everywhere, and does not grow with the gain.

    `auto` takes measures where there are some and results otherwise; `none` puts everything into one cell.
    """

    def __init__(self, by: PlaceBy, bins: int | None, objective: Objective) -> None:
        """Keep how to place; nothing can be placed before `anchor`."""
        self._by = by
        self._asked_bins = bins
        self._bins = bins or 1
        self._objective = objective
        self._names: tuple[str, ...] = ()
        self._initial: FloatArray | None = None
        self._half: BoolArray | None = None

    def anchor(self, initial: Evaluation) -> None:
        """Take the initial program's evaluation as the point of reference."""
        if self._by in ("auto", "measures"):
            self._names = tuple(sorted(initial.measures))
        if self._by == "results" or (self._by == "auto" and not self._names):
            self._initial = self._vector(initial)
            self._half = _first_half([result.cell for result in initial.results])
        if self._asked_bins is None and self._dimensions > 0:
            self._bins = max(2, min(MAX_BINS, round(CELLS ** (1 / self._dimensions))))

    def cell(self, evaluation: Evaluation) -> Cell:
        """Return the cell of a program; one that was measured on other workloads goes to the middle."""
        if self._names:
            return tuple(self._bin(evaluation.measures.get(name, 0.0)) for name in self._names)
        if self._initial is None or self._half is None:
            return ()
        values = self._vector(evaluation)
        if values.shape != self._initial.shape:
            return (self._bin(0.5), self._bin(0.5))
        return tuple(self._bin(share) for share in _behaviour(values, self._initial, self._half))

    @property
    def cells(self) -> int:
        """How many cells one grid has."""
        return int(self._bins**self._dimensions)

    @property
    def _dimensions(self) -> int:
        return len(self._names) or (2 if self._initial is not None else 0)

    def _bin(self, share: float) -> int:
        """Return the bin of a value in [0, 1]; anything else counts as the nearest end, NaN as 0."""
        inside = min(1.0, max(0.0, share)) if share == share else 0.0
        return min(self._bins - 1, int(inside * self._bins))

    def _vector(self, evaluation: Evaluation) -> FloatArray:
        values: FloatArray = np.array(evaluation.values(self._objective.name), dtype=np.float64)
        turned: FloatArray = np.nan_to_num(values * self._objective.sign)
        return turned


def _first_half(cells: Sequence[str]) -> BoolArray:
    names = sorted(set(cells))
    if len(names) < 2:
        return np.array([place % 2 == 0 for place in range(len(cells))], dtype=np.bool_)
    first = set(names[: len(names) // 2])
    return np.array([cell in first for cell in cells], dtype=np.bool_)


def _behaviour(values: FloatArray, initial: FloatArray, half: BoolArray) -> tuple[float, float]:
    """Return the share of workloads won, and the lean; both lie in [0, 1]."""
    size = np.maximum(np.abs(initial), np.abs(values))
    gains = (values - initial) / np.where(size > 0, size, 1.0)
    won = float(np.mean((1 + np.sign(gains)) / 2))
    above = (1 + np.sign(gains - np.median(gains))) / 2
    return won, float(above[half].mean() + 1 - above[~half].mean()) / 2 if 0 < half.sum() < len(half) else 0.5
