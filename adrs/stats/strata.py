"""Workloads grouped by the parameter cell that they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

IndexArray = npt.NDArray[np.int64]


def strata(n: int, cells: Sequence[str] | None) -> tuple[IndexArray, ...]:
    """Return the places of each cell's workloads, cells in sorted order.

    A cell with one workload tells nothing of its own spread: such cells are put together, and one that is
    left alone joins the smallest other cell (the collapsed strata of Cochran, Sampling Techniques, 5A.12).
    What differs between the cells put together then counts as spread, which errs to the wide side.

    Args:
        n: how many workloads there are.
        cells: the cell of each workload; None or all alike for a plain sample.

    Raises:
        ValueError: there are not as many cells as workloads.
    """
    if cells is None:
        return (np.arange(n, dtype=np.int64),)
    if len(cells) != n:
        raise ValueError(f"{len(cells)} cells were given for {n} values; each value needs its cell")
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(cells):
        places.setdefault(cell, []).append(place)
    groups = [places[cell] for cell in sorted(places)]
    return tuple(np.array(sorted(group), dtype=np.int64) for group in _collapsed(groups))


def _collapsed(groups: list[list[int]]) -> list[list[int]]:
    several = [group for group in groups if len(group) > 1]
    alone = [group[0] for group in groups if len(group) == 1]
    if len(alone) > 1 or not several:
        return [*several, alone] if alone else several
    if alone:
        smallest = min(range(len(several)), key=lambda place: len(several[place]))
        several[smallest] = several[smallest] + alone
    return several


def resample(groups: Sequence[IndexArray], rng: np.random.Generator, count: int) -> IndexArray:
    """Draw workloads with replacement, within each cell as many as it has.

    Returns:
        Indices of shape (count, n): one resample per row.
    """
    drawn = [group[rng.integers(0, len(group), (count, len(group)))] for group in groups]
    return np.concatenate(drawn, axis=1)
