"""How small an improvement a comparison can see: known before anything is searched for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from adrs.stats.aggregate import check_finite
from adrs.stats.strata import strata

POWER = 0.8
"""How often an improvement of the size that is called detectable is seen."""


def detectable_percent(
    ours: Sequence[float],
    reference: Sequence[float],
    workloads: int,
    *,
    cells: Sequence[str] | None = None,
    alpha: float = 0.025,
    power: float = POWER,
) -> float | None:
    """Return the smallest improvement, in percent, that so many workloads show with so much power.

    The two programs only say how unevenly a difference falls on workloads: the spread of the paired
    differences within cells, relative to the reference's mean, gives the standard error at `workloads`, and
    what is seen is (t(1 - alpha) + t(power)) standard errors (Cohen, Statistical power analysis, 2nd ed.,
    2.3). It is a statement about means; for another aggregate it is a first idea.

    Args:
        ours: one value per workload.
        reference: one value per workload, in the same order; the same program measured again gives what
            noise alone hides.
        workloads: how many a comparison will have.
        cells: the parameter cell of each workload.
        alpha: one-sided error of the comparison.
        power: between 0.5 and 1.

    Returns:
        Percent of the reference's mean, 0 where no difference is uneven; None where that mean is 0 or there
        are fewer than two workloads on either side.

    Raises:
        ValueError: the vectors differ in length or hold a value that is not finite.
    """
    check_finite(ours)
    check_finite(reference)
    apart, base = np.asarray(ours, dtype=float), np.asarray(reference, dtype=float)
    if apart.shape != base.shape:
        raise ValueError(f"{len(ours)} values cannot be paired with {len(reference)}")
    mean = abs(float(base.mean()))
    if mean == 0 or len(apart) < 2 or workloads < 2:
        return None
    apart = apart - base
    groups = strata(len(apart), cells)
    within = sum(float(((apart[group] - apart[group].mean()) ** 2).sum()) for group in groups)
    freedom = len(apart) - len(groups)
    error = math.sqrt(within / freedom / workloads)
    from scipy.special import stdtrit  # slow to import

    reach = float(stdtrit(freedom, 1 - alpha)) + float(stdtrit(freedom, power))
    return 100.0 * reach * error / mean
