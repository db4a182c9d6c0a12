"""How often the intervals hold the truth, simulated with fixed seeds."""

import numpy as np
import pytest

from adrs.stats.interval import interval, mean_interval
from adrs.stats.paired import Verdict, paired_difference

SAMPLES = 5000
"""One standard error of a coverage of 95 % is then 0.3 percentage points."""

DRAWS = {
    "normal": (lambda rng, n: rng.standard_normal(n), 0.0),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0),
    "lognormal_half": (lambda rng, n: rng.lognormal(0, 0.5, n), float(np.exp(0.125))),
    "lognormal": (lambda rng, n: rng.lognormal(0, 1, n), float(np.exp(0.5))),
    "heavy_tails": (lambda rng, n: rng.standard_t(3, n), 0.0),
    "mostly_zero": (lambda rng, n: np.where(rng.random(n) < 0.3, rng.exponential(size=n), 0.0), 0.3),
}


def even_cells(n: int, count: int) -> np.ndarray:
    return np.arange(n) % count


def uneven_cells(n: int) -> np.ndarray:
    """Eight cells: from a half of all workloads down to a single one."""
    sizes = [n // 2, n // 8, n // 8, n // 10, n // 20, 1, 1]
    return np.repeat(np.arange(8), [*sizes, n - sum(sizes)])


def coverage(name: str, cells: np.ndarray, seed: int) -> float:
    """Cells differ in level and in spread; the truth is the mean over the workloads that there are."""
    draw, mean = DRAWS[name]
    rng = np.random.default_rng(seed)
    n, level, spread = len(cells), 2.0 * cells, 1 + 0.3 * cells
    truth = (level + spread * mean).mean()
    names = [str(cell) for cell in cells]
    found = (mean_interval(level + spread * draw(rng, n), names) for _ in range(SAMPLES))
    return sum(interval.holds(truth) for interval in found) / SAMPLES


@pytest.mark.parametrize("n", [40, 200])
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("name", DRAWS)
def test_mean_interval_covers_93_to_97_percent(name: str, count: int, n: int):
    covered = coverage(name, even_cells(n, count), seed=n + count)
    print(f"{name:15s} n={n:3d} cells={count}: {covered:.3f}")
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("n", [40, 200])
@pytest.mark.parametrize("name", ["normal", "exponential", "mostly_zero"])
def test_uneven_cells_with_single_workloads_are_covered(name: str, n: int):
    covered = coverage(name, uneven_cells(n), seed=n)
    print(f"{name:15s} n={n:3d} uneven: {covered:.3f}")
    assert covered >= 0.93


def costs(rng: np.random.Generator, cells: np.ndarray, effect: float) -> tuple[np.ndarray, np.ndarray]:
    """Skewed costs that differ by cell; the candidate's are the reference's times a noisy factor."""
    reference = (1 + 0.5 * cells) * rng.lognormal(0, 0.7, len(cells))
    return reference * (1 - effect) * rng.lognormal(-0.02, 0.2, len(cells)), reference


@pytest.mark.parametrize("name", ["mean", "geometric_mean", "median"])
@pytest.mark.parametrize("n", [40, 200])
def test_percentages_of_a_true_improvement_are_covered(name: str, n: int):
    samples = 100 if name == "median" else 400
    cells, rng = even_cells(n, 8), np.random.default_rng(n)
    names = [str(cell) for cell in cells]
    # The noise has mean 1 and log-mean -0.02; a common factor moves every aggregate alike but for that.
    shift = {"mean": 1.0, "geometric_mean": np.exp(-0.02), "median": np.exp(-0.02)}[name]
    truth = 100 * (1 - 0.9 * shift)
    held = 0
    for _ in range(samples):
        ours, theirs = costs(rng, cells, effect=0.1)
        found = paired_difference(ours, theirs, direction="minimize", rng=rng, cells=names, name=name)
        held += found.improvement_percent.holds(truth)
    print(f"percent, {name:15s} n={n:3d}: {held / samples:.3f}")
    assert held / samples >= 0.93


@pytest.mark.parametrize("n", [40, 200])
def test_equal_programs_are_a_tie_95_times_in_100(n: int):
    samples = 1000
    cells, rng = even_cells(n, 8), np.random.default_rng(n)
    names = [str(cell) for cell in cells]
    verdicts = [
        paired_difference(*costs(rng, cells, 0.0), direction="minimize", rng=rng, cells=names).verdict
        for _ in range(samples)
    ]
    assert 0.93 <= verdicts.count(Verdict.TIE) / samples <= 0.98


def test_the_median_interval_covers_at_least_its_level():
    rng = np.random.default_rng(5)
    for n in (40, 200):
        held = sum(interval("median", rng.exponential(size=n)).holds(np.log(2)) for _ in range(1000))
        assert 0.94 <= held / 1000 <= 0.985
