import math

import numpy as np
import pytest
from scipy import stats

from adrs.stats.paired import Verdict, paired_difference, significantly_worse


def compare(candidate, reference, direction="minimize", **others):
    return paired_difference(
        candidate, reference, direction=direction, rng=np.random.default_rng(0), **others
    )


REFERENCE = np.random.default_rng(1).lognormal(3, 1, 60)


def test_every_workload_a_tenth_cheaper_is_ten_percent_better():
    found = compare(REFERENCE * 0.9, REFERENCE)
    assert found.verdict is Verdict.BETTER
    assert found.improvement_percent == pytest.approx((10.0, 10.0, 10.0))
    assert found.difference.estimate == pytest.approx(-0.1 * REFERENCE.mean())
    assert found.difference.high < 0
    assert found.reference == pytest.approx(REFERENCE.mean())
    assert found.workloads == 60


@pytest.mark.parametrize("name", ["mean", "sum", "median", "geometric_mean"])
def test_direction_turns_the_verdict(name: str):
    dearer = REFERENCE * 1.2
    smaller, larger = compare(dearer, REFERENCE, name=name), compare(dearer, REFERENCE, "maximize", name=name)
    assert smaller.verdict is Verdict.WORSE
    assert larger.verdict is Verdict.BETTER
    assert smaller.difference == larger.difference
    assert larger.improvement_percent.estimate == pytest.approx(20.0)
    assert smaller.improvement_percent.estimate == pytest.approx(-20.0)


@pytest.mark.parametrize("name", ["mean", "sum", "median", "geometric_mean"])
def test_noise_around_the_reference_is_a_tie(name: str):
    noise = np.random.default_rng(2).lognormal(0, 0.3, 60)
    noise[30:] = 1 / noise[:30]
    values = np.tile(REFERENCE[:30], 2)
    assert compare(values * noise, values, name=name).verdict is Verdict.TIE


@pytest.mark.parametrize("name", ["mean", "sum", "median", "geometric_mean"])
def test_the_same_vector_is_a_tie_without_doubt(name: str):
    found = compare(REFERENCE, REFERENCE, name=name)
    assert found.verdict is Verdict.TIE
    assert found.difference[1:] == (0.0, 0.0) or name == "median"


def test_rounding_never_makes_a_winner():
    nudged = REFERENCE * (1 + 1e-15)
    assert (nudged != REFERENCE).any()
    assert compare(nudged, REFERENCE).verdict is Verdict.TIE
    assert not significantly_worse(nudged, REFERENCE, direction="minimize")


def test_one_workload_is_always_a_tie():
    for name in ("mean", "sum", "median", "geometric_mean"):
        assert compare([1.0], [2.0], name=name).verdict is Verdict.TIE


def test_no_percentage_of_a_reference_that_is_not_positive():
    values = np.linspace(-3, 1, 20)
    found = compare(values - 1, values)
    assert found.improvement_percent is None
    assert found.verdict is Verdict.BETTER


def test_a_zero_leaves_a_geometric_mean_undecided():
    found = compare([0.0, 1.0, 1.0], [2.0, 2.0, 2.0], name="geometric_mean")
    assert found.verdict is Verdict.TIE
    assert found.difference.high == math.inf


def test_a_winner_in_every_cell_is_seen_through_differences_between_cells():
    cells = ["small", "large"] * 15
    scale = np.where(np.array(cells) == "large", 1000.0, 1.0)
    gain = scale * (0.01 + 0.001 * np.sin(np.arange(30)))
    reference = scale * 5
    assert compare(reference - gain, reference, cells=cells).verdict is Verdict.BETTER
    assert compare(reference - gain, reference, cells=cells).difference.high < -4.5


def test_the_same_seed_gives_the_same_median_interval():
    candidate = REFERENCE * np.random.default_rng(3).lognormal(0, 0.2, 60)
    assert compare(candidate, REFERENCE, name="median") == compare(candidate, REFERENCE, name="median")


def test_vectors_of_different_workloads_are_refused():
    with pytest.raises(ValueError, match="same workloads on both sides, not 2 and 3"):
        compare([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="value 0 is nan"):
        significantly_worse([math.nan, 1.0], [1.0, 2.0], direction="minimize")


def test_racing_agrees_with_the_one_sided_paired_t_test():
    rng = np.random.default_rng(4)
    outcomes = []
    for shift in np.linspace(-1, 1, 41):
        bar = rng.normal(10, 3, 8)
        candidate = bar + shift + rng.normal(0, 1, 8)
        expected = stats.ttest_rel(candidate, bar, alternative="greater").pvalue < 0.05
        assert significantly_worse(candidate, bar, direction="minimize") == expected
        assert significantly_worse(-candidate, -bar, direction="maximize") == expected
        outcomes.append(expected)
    assert {True, False} == set(outcomes)


def test_racing_keeps_what_may_still_win():
    bar = [1.0, 2.0, 3.0]
    assert not significantly_worse(bar, bar, direction="minimize")
    assert not significantly_worse([9.0], [1.0], direction="minimize")
    assert not significantly_worse([0.0, 1.0, 2.0], bar, direction="minimize")
    assert significantly_worse([2.0, 3.0, 4.0], bar, direction="minimize")
    assert not significantly_worse([2.0, 3.0, 4.0], bar, direction="maximize")


def test_racing_drops_few_equals():
    rng = np.random.default_rng(6)
    dropped = sum(
        significantly_worse(rng.normal(size=40), rng.normal(size=40), direction="minimize", alpha=0.01)
        for _ in range(2000)
    )
    assert 0.004 <= dropped / 2000 <= 0.018
